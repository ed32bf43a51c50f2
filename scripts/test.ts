/**
 * Runs every suite that this machine can run. A suite that it cannot run is named with the command that
 * would enable it; under CI=true that is a failure, and so is a single skipped test.
 *
 * usage: npm test [-- SUITE…]     Last line: N passed, N failed
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageProgram, root, run } from './lib/run.ts'
import { type Need, orphanedTestFiles, SUITES, type Suite } from './lib/suites.ts'

interface Outcome {
  suite: string
  passed: number
  failed: number
  /** Lines for the summary: what was skipped and how to enable it, or what broke. */
  remarks: string[]
}

const isCi = process.env.CI === 'true'

async function main(names: string[]): Promise<number> {
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name))
  if (unknown.length > 0) {
    console.error(
      `no suite ${unknown.join(', ')}; there are: ${SUITES.map((s) => s.name).join(', ')}`,
    )
    return 2
  }
  const outcomes: Outcome[] = []
  const orphans = orphanedTestFiles()
  if (orphans.length > 0) {
    outcomes.push({
      suite: 'test files',
      passed: 0,
      failed: orphans.length,
      remarks: orphans.map((f) => `${f} is in no suite`),
    })
  }
  for (const suite of SUITES) {
    if (names.length === 0 || names.includes(suite.name)) outcomes.push(await runSuite(suite))
  }
  return summarise(outcomes)
}

async function runSuite(suite: Suite): Promise<Outcome> {
  const missing = suite.needs.filter((need) => !need.isMet())
  if (missing.length > 0) return skippedSuite(suite, missing)
  console.log(`\n== ${suite.name}: ${suite.proves}`)
  return suite.files === undefined ? runProgram(suite) : runVitest(suite)
}

function skippedSuite(suite: Suite, missing: Need[]): Outcome {
  const remarks = missing.map(
    (need) => `skipped, for want of ${need.what}. Enable it: ${need.enable}`,
  )
  return { suite: suite.name, passed: 0, failed: isCi ? 1 : 0, remarks }
}

async function runProgram(suite: Suite): Promise<Outcome> {
  const [command, ...args] = suite.program ?? []
  const path = join(root, command ?? '')
  const { exitCode, output } = path.endsWith('.ts')
    ? await run(process.execPath, [path, ...args], true)
    : await run(path, args, true)
  const counts = /(\d+) passed, (\d+) failed\s*$/.exec(output)
  const passed = Number(counts?.[1] ?? 0)
  const failed = Number(counts?.[2] ?? 0)
  const broke = exitCode !== 0 && failed === 0
  return {
    suite: suite.name,
    passed,
    failed: failed + (broke ? 1 : 0),
    remarks: broke ? [`${command} ended with exit code ${exitCode}`] : [],
  }
}

interface VitestReport {
  numPassedTests: number
  numFailedTests: number
  testResults: {
    name: string
    status: string
    message?: string
    assertionResults: { status: string; fullName: string }[]
  }[]
}

async function runVitest(suite: Suite): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-test-'))
  try {
    const report = join(folder, 'report.json')
    const { exitCode } = await run(
      process.execPath,
      [
        packageProgram('vitest', 'vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...(suite.inOrder ? ['--no-file-parallelism'] : []),
        ...(suite.files ?? []),
      ],
      true,
    )
    return readReport(suite, exitCode, JSON.parse(readFileSync(report, 'utf8')) as VitestReport)
  } catch (error) {
    return { suite: suite.name, passed: 0, failed: 1, remarks: [`no report: ${String(error)}`] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readReport(suite: Suite, exitCode: number, report: VitestReport): Outcome {
  const tests = report.testResults.flatMap((file) => file.assertionResults)
  const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed')
  // A file that fails to load has no tests of its own, and would otherwise not be counted.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  const failed = report.numFailedTests + broken.length + (isCi ? skipped.length : 0)
  const unexplained = exitCode !== 0 && failed === 0
  const isEmpty = tests.length === 0 && broken.length === 0
  const fallen = tests.filter((test) => test.status === 'failed')
  return {
    suite: suite.name,
    passed: report.numPassedTests,
    failed: failed + (unexplained || isEmpty ? 1 : 0),
    remarks: [
      ...fallen.map((test) => `failed: ${test.fullName}`),
      ...skipped.map((test) => `skipped: ${test.fullName}`),
      ...(skipped.length > 0 ? [`enable them: ${howToEnable(suite)}`] : []),
      ...broken.map((file) => `did not load: ${file.name}`),
      ...(unexplained ? [`vitest ended with exit code ${exitCode}`] : []),
      ...(isEmpty ? ['holds no test'] : []),
    ],
  }
}

/** A suite's programs are checked before it starts, so what a single test lacks is a right. */
function howToEnable(suite: Suite): string {
  return process.getuid?.() === 0 ? 'see the test' : `sudo -E npm test -- ${suite.name}`
}

function summarise(outcomes: Outcome[]): number {
  console.log('')
  for (const { suite, passed, failed, remarks } of outcomes) {
    console.log(
      `${failed > 0 ? 'FAILED' : passed > 0 ? 'ok' : 'SKIPPED'}  ${suite}: ${passed} passed, ${failed} failed`,
    )
    for (const remark of remarks) console.log(`        ${remark}`)
  }
  const total = (key: 'passed' | 'failed') =>
    outcomes.reduce((sum, outcome) => sum + outcome[key], 0)
  console.log(`\n${total('passed')} passed, ${total('failed')} failed`)
  return total('failed') > 0 ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
