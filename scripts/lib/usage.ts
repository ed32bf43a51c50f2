/** A script says how it is called in the comment at its head; here that is what a person is told. */
import { readFileSync } from 'node:fs'
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** What follows `usage:` in the file's first comment. */
export function usageOf(file: string): string {
  const [head = ''] = readFileSync(file, 'utf8').split('*/')
  const lines = head.split('\n').map((line) => line.replace(/^ \* ?/, ''))
  const from = lines.findIndex((line) => line.startsWith('usage:'))
  return lines.slice(from).join('\n').trimEnd()
}

/** The script's arguments; with `--help`, or with others than it takes, the process ends with its usage. */
export function readArgs<Config extends ParseArgsConfig>(file: string, config: Config) {
  if (process.argv.includes('--help')) {
    console.log(usageOf(file))
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    if (!isUsageError(error)) throw error
    console.error(`${error.message}\n\n${usageOf(file)}`)
    process.exit(2)
  }
}

export function isUsageError(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('ERR_PARSE_ARGS_')
}
