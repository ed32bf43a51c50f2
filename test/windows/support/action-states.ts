/** The states that a target may be in when an order comes to it, or while it is carried out. Brought about by Linux. */
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReceiptOutcome } from '../../../server/protocol/order.ts'
import type { Hold } from './action-words.ts'
import { HIDDEN, OFFLINE, READ_ONLY, setAttributes } from './carrier-state.ts'
import { MARK } from './fixture.ts'

export const KINDS = ['strip', 'reduce', 'mark', 'undo of strip', 'undo of reduce'] as const
export type Kind = (typeof KINDS)[number]
type Outcomes = Partial<Record<Kind, ReceiptOutcome>>

export interface State {
  readonly outcomes: Outcomes
  /** Where another answer is due if it comes between the look and the act; null: it cannot come then. */
  readonly meanwhile?: Outcomes | null
  readonly bring?: (path: string) => void
  readonly hold?: Hold
  readonly isFolder?: true
}

/** One carrier of the matrix. */
export interface Case {
  readonly kind: Kind
  readonly state: State
  readonly isMeanwhile: boolean
  /** From the volume's root. */
  readonly path: string
  readonly outcome: ReceiptOutcome
}

/** Stripped while their marks are read; the second is too large for a row of the quarantine. */
export const READ = ['read/small.exe', 'read/large.exe'] as const
export const LARGE_MARK = MARK + 'x'.repeat(300_000)

const BYSTANDER = 'bystander.exe'
const REDUCE: readonly Kind[] = ['reduce', 'undo of reduce']
const HAVE_STREAM: readonly Kind[] = ['strip', ...REDUCE]

const all = (outcome: ReceiptOutcome, kinds: readonly Kind[] = KINDS): Outcomes =>
  Object.fromEntries(kinds.map((kind) => [kind, outcome]))

const STATES: Record<string, State> = {
  'as ordered': { outcomes: all('done'), meanwhile: null },
  'a folder': { outcomes: { ...all('done'), mark: 'refused' }, meanwhile: null, isFolder: true },
  'read-only': {
    outcomes: all('done'),
    bring: (path) => setAttributes(path, READ_ONLY | HIDDEN),
  },
  'its content elsewhere': {
    outcomes: all('refused'),
    bring: (path) => setAttributes(path, OFFLINE | HIDDEN),
  },
  grown: { outcomes: all('changed'), bring: (path) => writeMark(path, `${MARK}more`) },
  'replaced by as many bytes': {
    outcomes: all('changed'),
    bring: (path) => writeMark(path, MARK.replace('=3', '=2')),
  },
  'without its stream': {
    // What was reduced is put back whole.
    outcomes: { strip: 'gone', reduce: 'gone', 'undo of reduce': 'done' },
    meanwhile: all('gone', HAVE_STREAM),
    bring: (path) => rmSync(`${path}:Zone.Identifier`),
  },
  gone: { outcomes: all('gone'), bring: (path) => rmSync(path) },
  'moved away': { outcomes: all('gone'), bring: (path) => renameSync(path, `${path} moved`) },
  'replaced by another with the same stream': { outcomes: all('changed'), bring: replaceCarrier },
  'swapped for a link': { outcomes: all('changed'), bring: swapForLink },
  'its stream locked': { outcomes: all('in-use', HAVE_STREAM), meanwhile: null, hold: 'locked' },
  'its stream written': { outcomes: all('in-use', HAVE_STREAM), meanwhile: null, hold: 'written' },
  'its stream read': { outcomes: all('in-use', REDUCE), meanwhile: null, hold: 'read' },
  'the carrier read': { outcomes: { strip: 'done' }, meanwhile: null, hold: 'carrier read' },
  'not to be written': { outcomes: all('denied'), meanwhile: null, hold: 'denied' },
}

export const CASES: readonly Case[] = KINDS.flatMap((kind) =>
  Object.entries(STATES).flatMap(([name, state]) => [
    ...casesOf(kind, name, state, false),
    ...casesOf(kind, name, state, true),
  ]),
)

function casesOf(kind: Kind, name: string, state: State, isMeanwhile: boolean): Case[] {
  const { outcomes, meanwhile = outcomes } = state
  const outcome = (isMeanwhile ? meanwhile : outcomes)?.[kind]
  if (outcome === undefined) return []
  const path = `${kind}/${isMeanwhile ? 'meanwhile ' : ''}${name}`
  return [{ kind, state, isMeanwhile, path, outcome }]
}

/** With a mark, and one more stream that nothing may touch. */
export function writeCarriers(folder: string): string[] {
  writeFileSync(join(folder, BYSTANDER), 'looks the same')
  for (const kind of [...KINDS, 'read']) mkdirSync(join(folder, kind))
  const paths = CASES.map(({ path, state: { isFolder } }) => {
    const carrier = join(folder, path)
    if (isFolder) mkdirSync(carrier)
    else writeFileSync(carrier, `content of ${path}`)
    return carrier
  })
  const read = READ.map((path) => join(folder, path))
  for (const path of read) writeFileSync(path, 'is read')
  for (const path of [...paths, ...read, join(folder, BYSTANDER)]) {
    writeMark(path, path === read[1] ? LARGE_MARK : MARK)
    writeFileSync(streamOf(path, 'bystander'), 'stays')
  }
  return [...paths, ...read]
}

export function writeMark(path: string, content: string): void {
  writeFileSync(streamOf(path, 'Zone.Identifier'), content)
}

/** ntfs-3g takes the colon behind a folder's name as part of a name, and the one behind its slash as a stream's. */
export function streamOf(path: string, stream: string): string {
  return statSync(path).isDirectory() ? `${path}/:${stream}` : `${path}:${stream}`
}

function replaceCarrier(path: string): void {
  writeFileSync(`${path} new`, 'another program')
  writeMark(`${path} new`, MARK)
  renameSync(`${path} new`, path)
}

function swapForLink(path: string): void {
  renameSync(path, `${path} moved`)
  symlinkSync(join('..', BYSTANDER), path)
}
