import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createJournalStore, type JournalStore } from '../../../server/agent/state/journal-store.ts'
import type { OrderTarget, Receipt } from '../../../server/protocol/order.ts'

const MIGRATIONS = 'server/agent/state/migrations'
const AT = '2026-11-01T10:00:00Z'
const ORDER = { orderId: crypto.randomUUID(), orderedBy: 'anna', reason: 'because' }
const REASONS = ['Removed.', 'It changed.', 'It is gone.']

it('answers of any targets of any commits, in any order, are those that were given', () => {
  const commit = fc.oneof(
    fc.record({ begin: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ finish: fc.array(fc.nat({ max: REASONS.length }), { maxLength: 20 }) }),
  )
  fc.assert(
    fc.property(fc.array(commit, { maxLength: 12 }), (commits) => {
      const journal = aJournal()
      const given = new Map<string, { entryId: number; reason: string | null }>()
      for (const work of commits) {
        if ('begin' in work) {
          const targets = Array.from({ length: work.begin }, aTarget)
          const first = journal.begin(AT, targets.map(beginning))
          for (const [at, { targetId }] of targets.entries()) {
            given.set(targetId, { entryId: first + at, reason: null })
          }
        } else {
          const open = [...given].filter(([, { reason }]) => reason === null)
          // The last of the answers leaves the target open.
          const closings = work.finish.flatMap((answer, at) => {
            const [targetId, entry] = open[open.length - 1 - at] ?? []
            const reason = REASONS[answer]
            if (!entry || targetId === undefined || reason === undefined) return []
            entry.reason = reason
            return [{ entryId: entry.entryId, receipt: aReceipt(targetId, reason) }]
          })
          journal.finish(closings)
        }
        expect(receiptsOf(journal, given.keys())).toEqual(
          new Map([...given].map(([id, { reason }]) => [id, reason && aReceipt(id, reason)])),
        )
        expect(journal.listOpen().map(({ entryId }) => entryId)).toEqual(
          [...given.values()].filter(({ reason }) => reason === null).map(({ entryId }) => entryId),
        )
      }
    }),
  )
})

it('a second receipt is an error, also beside a target that is open', () => {
  const journal = aJournal()
  const targets = [aTarget(), aTarget(), aTarget()]
  const first = journal.begin(AT, targets.map(beginning))
  const closings = targets.map(({ targetId }, at) => ({
    entryId: first + at,
    receipt: aReceipt(targetId, 'Removed.'),
  }))
  journal.finish(closings.slice(1, 2))
  expect(() => journal.finish(closings.slice(1, 2))).toThrow('no open entry')
  expect(() => journal.finish(closings.slice(1))).toThrow('no open entry')
})

it('an id that is older than all others is known again', () => {
  const journal = aJournal()
  const [old, recent] = [aTarget(), aTarget()]
  journal.begin(AT, [beginning(recent)])
  journal.begin(AT, [beginning(old)])
  const unknown = aTarget()
  const ids = [old, unknown, recent].map(({ targetId }) => targetId)
  expect([...journal.findAll(ids).keys()].sort()).toEqual([ids[0], ids[2]])
})

it('receipts and open targets of the state before are the same as ranges', () => {
  const db = aDatabase(6)
  const answers = [1, 1, 2, 2, 1, null, null, 1, null, 2]
  db.prepare("INSERT INTO order_part VALUES (1, 'strip', ?, 'anna', 'because', ?, '{}')").run(
    ORDER.orderId,
    AT,
  )
  for (const [at, reason] of REASONS.slice(0, 2).entries()) {
    db.prepare("INSERT INTO answer VALUES (?, 'done', ?, ?)").run(at + 1, reason, AT)
  }
  const targets = answers.map(aTarget)
  for (const [at, answer] of answers.entries()) {
    const { targetId, ...rest } = targets[at]!
    const insert = db.prepare("INSERT INTO order_target VALUES (?, unhex(?, '-'), 1, ?)")
    insert.run(at + 1, targetId, JSON.stringify(rest))
    if (answer === null) db.prepare('INSERT INTO open_target VALUES (?)').run(at + 1)
    else db.prepare('INSERT INTO receipt VALUES (?, ?)').run(at + 1, answer)
  }
  migrate(db, 6)
  const journal = createJournalStore(db)
  const ids = targets.map(({ targetId }) => targetId)
  expect([...receiptsOf(journal, ids).values()]).toEqual(
    answers.map((answer, at) => answer && aReceipt(ids[at]!, REASONS[answer - 1]!)),
  )
  expect(journal.listOpen().map(({ entryId }) => entryId)).toEqual([6, 7, 9])
  const count = (table: string) => db.prepare(`SELECT COUNT(*) FROM ${table}`).pluck().get()
  expect([count('receipt_range'), count('open_range')]).toEqual([5, 2])
})

function aDatabase(version?: number): Database.Database {
  const db = new Database(':memory:')
  db.pragma('foreign_keys = ON')
  for (const name of readdirSync(MIGRATIONS).sort().slice(0, version)) apply(db, name)
  return db
}

function migrate(db: Database.Database, version: number): void {
  for (const name of readdirSync(MIGRATIONS).sort().slice(version)) apply(db, name)
}

function apply(db: Database.Database, name: string): void {
  db.transaction(() => db.exec(readFileSync(join(MIGRATIONS, name), 'utf8')))()
}

function aJournal(): JournalStore {
  return createJournalStore(aDatabase())
}

let made = 0
function aTarget(): OrderTarget {
  made += 1
  const targetId = `00000000-0000-7000-8000-${made.toString(16).padStart(12, '0')}`
  return {
    targetId,
    volumeId: 'fs-1',
    identity: `posix:${made}:1`,
    path: `/data/${made}`,
    stream: 'Zone.Identifier',
    sizeBytes: 26,
    sha256: 'a'.repeat(64),
  } as unknown as OrderTarget
}

function beginning(target: OrderTarget) {
  return { action: 'strip', order: ORDER, target } as const
}

function aReceipt(targetId: string, reason: string): Receipt {
  return { targetId: targetId as Receipt['targetId'], outcome: 'done', reason, at: AT }
}

function receiptsOf(
  journal: JournalStore,
  targetIds: Iterable<string>,
): Map<string, Receipt | null | undefined> {
  return new Map([...targetIds].map((id) => [id, journal.find(id)?.receipt]))
}
