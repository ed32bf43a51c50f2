/** `npm run format`: puts every source file into the house's format. */
import { nativeSources } from './lib/native-sources.ts'
import { packageProgram, run } from './lib/run.ts'

const biome = [packageProgram('@biomejs', 'biome', 'bin', 'biome'), 'check', '--write']
const clang = [packageProgram('clang-format', 'index.js'), '-i', ...nativeSources()]
for (const args of [biome, clang]) {
  const { exitCode } = await run(process.execPath, args, true)
  if (exitCode !== 0) process.exitCode = 1
}
