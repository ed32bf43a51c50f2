import type { Writable } from 'node:stream'
import { type Logger, multistream, pino } from 'pino'

export type { Logger } from 'pino'

/** Keys whose values never reach a log, at any depth that our objects have. */
const SECRETS = [
  'token',
  'password',
  'signature',
  'privateKey',
  'cookie',
  'req.headers.cookie',
  '*.token',
  '*.password',
]

/** NDJSON on standard error, so that a command's standard output stays parseable. */
export function createLogger(name: string, level: string): Logger {
  return pino({ name, level, redact: SECRETS }, pino.destination({ dest: 2, sync: true }))
}

/** The same for a process without a standard error: every line goes to each of these. */
export function createLoggerTo(outputs: readonly Writable[], name: string, level: string): Logger {
  const streams = outputs.map((stream) => ({ level: 'trace' as const, stream }))
  return pino({ name, level, redact: SECRETS }, multistream(streams))
}
