/** Options, and kinds of values, that several commands have. */
import { InvalidArgumentError, Option } from 'commander'
import { LISTING_FORMATS } from './listing-format.ts'

export const verbose = () => new Option('--verbose', 'say more, and print the stack of an error')

export const logLevel = () =>
  new Option('--log-level <level>', 'least important log lines to write')
    .choices(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')

export const listingFormat = () =>
  new Option('--format <format>', 'how to print').choices(LISTING_FORMATS).default('table')

/** Of what is shown whole, and is no listing. */
export const outputFormat = () =>
  new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table')

export const smbConf = () =>
  new Option(
    '--smb-conf <file>',
    'where Samba keeps a share’s streams (default: /etc/samba/smb.conf, if it can be read)',
  ).argParser(nonEmpty)

export function nonEmpty(value: string): string {
  if (value === '') throw new InvalidArgumentError('It is empty.')
  return value
}

/** Both ends included; without `max` whatever a number holds exactly, and central says what is too much. */
export function integerIn(min: number, max?: number): (value: string) => number {
  return (value) => {
    const number = Number(value)
    const most = max ?? Number.MAX_SAFE_INTEGER
    if (/^\d+$/.test(value) && number >= min && number <= most) return number
    const range = max === undefined ? `${min} on` : `${min} to ${max}`
    throw new InvalidArgumentError(`It must be a whole number from ${range}.`)
  }
}
