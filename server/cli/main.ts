/** The entry of `sidestream`: everything below gets what it needs of the process handed in. */
import { runProgram } from './program.ts'
import { runProcess } from './run-process.ts'

await runProcess((terminal) =>
  runProgram(process.argv.slice(2), {
    terminal,
    environment: process.env,
    finish: (exitCode) => {
      process.exitCode = exitCode
    },
  }),
)
