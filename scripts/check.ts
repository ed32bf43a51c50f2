/** `npm run check`: everything about the sources that needs no test run. Exits 1 if anything is wrong. */

import { nativeSources } from './lib/native-sources.ts'
import { packageProgram, run } from './lib/run.ts'

const node = process.execPath

const CHECKS: { name: string; command: string; args: () => string[] }[] = [
  {
    name: 'format and lint',
    command: node,
    args: () => [
      packageProgram('@biomejs', 'biome', 'bin', 'biome'),
      'check',
      '--error-on-warnings',
    ],
  },
  {
    name: 'format of C++',
    command: node,
    args: () => [
      packageProgram('clang-format', 'index.js'),
      '--dry-run',
      '--Werror',
      ...nativeSources(),
    ],
  },
  {
    name: 'types',
    command: node,
    args: () => [packageProgram('typescript', 'bin', 'tsc'), '-p', '.'],
  },
  {
    name: 'types of the console',
    command: node,
    args: () => [packageProgram('typescript', 'bin', 'tsc'), '-p', 'web'],
  },
  {
    name: 'architecture',
    command: node,
    args: () => [packageProgram('vitest', 'vitest.mjs'), 'run', 'test/unit/architecture.test.ts'],
  },
  { name: 'docs', command: node, args: () => ['scripts/check-docs.ts'] },
]

let failures = 0
for (const { name, command, args } of CHECKS) {
  const { exitCode, output } = await run(command, args(), false)
  console.log(`${exitCode === 0 ? 'ok    ' : 'FAILED'}  ${name}`)
  if (exitCode !== 0) {
    console.log(output)
    failures += 1
  }
}
console.log(`\n${CHECKS.length - failures} passed, ${failures} failed`)
process.exitCode = failures > 0 ? 1 : 0
