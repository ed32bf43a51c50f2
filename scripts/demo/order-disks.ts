/** The disks of the order demo: three folders, each file named for what becomes of its mark. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReceiptOutcome } from '../../server/protocol/order.ts'
import { writeSambaStreams } from '../lib/independent-disk.ts'
import type { DemoMachine } from './story.ts'

export interface OrderMachine extends DemoMachine {
  /** What the machine's owner allows; undefined: all that central orders. */
  policy?: object
}

export interface OrderDisks {
  machines: OrderMachine[]
  /** How many receipts of each kind the order must get. */
  outcomes: Record<Exclude<ReceiptOutcome, 'failed'>, number>
  pathOf(file: OrderFile): string
}

/** What the order names. */
export const ALL_ORDERED = 'stream:Zone.Identifier host:deploy.acme.example'

const FILES = {
  'SALES-03': ['sales-setup.exe', 'deleted-before.exe', 'downloaded-again.exe'],
  'SERVER-01': ['server-setup.exe', 'open-in-a-program.exe', 'locked-by-its-owner.exe'],
  'VAULT-09': ['not-for-central.exe'],
} as const
export type OrderFile = (typeof FILES)[keyof typeof FILES][number]

const STORIES: Record<keyof typeof FILES, string> = {
  'SALES-03': 'one file stays, one is deleted, one is downloaded again after the preview',
  'SERVER-01': 'one file stays, one is held by a program, one may not be changed',
  'VAULT-09': 'its own policy refuses whatever central asks',
}

const MARK = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://deploy.acme.example/setup.exe\r\n'

export function writeOrderDisks(folder: string): OrderDisks {
  const names = Object.keys(FILES) as (keyof typeof FILES)[]
  const machines = names.map((name): OrderMachine => {
    const scope = join(folder, name.toLowerCase())
    mkdirSync(scope, { recursive: true })
    for (const file of FILES[name]) writeFileSync(join(scope, file), `MZ ${file}`)
    writeMarks(FILES[name].map((file) => join(scope, file)))
    const machine = { name, scope, story: STORIES[name], streamCount: FILES[name].length }
    return name === 'VAULT-09' ? { ...machine, policy: { paths: { exclude: ['*'] } } } : machine
  })
  return {
    machines,
    outcomes: { done: 2, gone: 1, changed: 1, 'in-use': 1, denied: 1, refused: 1 },
    pathOf: (file) => {
      const name = names.find((each) => (FILES[each] as readonly string[]).includes(file))
      return join(folder, String(name).toLowerCase(), file)
    },
  }
}

export function writeMarks(paths: readonly string[], content = MARK): void {
  const bytes = Buffer.from(content)
  writeSambaStreams(paths.map((path) => ({ path, stream: 'Zone.Identifier', bytes })))
}
