/** The entry of `sidestream`: everything below gets what it needs of the process handed in. */
import { runProcess } from './run-process.ts'
import { isServiceRun, runAgentService } from './run-service.ts'

const args = process.argv.slice(2)

await runProcess(async (terminal) => {
  // The service manager does not wait for the parser of arguments.
  if (isServiceRun(args)) {
    process.exitCode = await runAgentService({ logLevel: 'info' }, process.env)
    return
  }
  const { runProgram } = await import('./program.ts')
  await runProgram(args, {
    terminal,
    environment: process.env,
    finish: (exitCode) => {
      process.exitCode = exitCode
    },
  })
})
