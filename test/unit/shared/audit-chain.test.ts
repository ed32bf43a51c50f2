/** Whatever is done to an audit log is named: which record, and how. */
import { describe, expect, it } from 'vitest'
import {
  type ChainedRecord,
  checkAuditChain,
  GENESIS,
  hashOfRecord,
} from '../../../server/shared/audit-chain.ts'
import { readAuditLine, toAuditRecord } from '../../../server/shared/audit-line.ts'

function chainOf(count: number): ChainedRecord[] {
  const records: ChainedRecord[] = []
  for (let index = 0; index < count; index++) {
    records.push(recordAfter(records.at(-1), `order-${index}`))
  }
  return records
}

function recordAfter(previous: ChainedRecord | undefined, subject: string): ChainedRecord {
  const auditId = (previous?.auditId ?? 0) + 1
  const fields = {
    prevHash: previous?.hash ?? GENESIS,
    at: 1_790_000_000_000 + auditId,
    actor: 'admin',
    action: 'order.created',
    subject,
    detailsJson: '{"2":[1.5,null,"\\ud800"],"reason":"ours"}',
  }
  return { ...fields, auditId, hash: hashOfRecord(fields) }
}

const log = chainOf(6)
const check = (records: readonly (ChainedRecord | null)[], head?: string) =>
  checkAuditChain(() => records, head)
const fault = (records: readonly (ChainedRecord | null)[], head?: string) => {
  const found = check(records, head).fault
  return found === null ? null : [found.auditId, found.how]
}
const changed = (place: number, change: Partial<ChainedRecord>) =>
  log.map((record, index) => (index === place ? { ...record, ...change } : record))

const OTHER_HASH = 'ab'.repeat(32)
const CHANGES: Partial<ChainedRecord>[] = [
  { auditId: 9 },
  { at: 5 },
  { actor: 'nobody' },
  { action: 'order.cancelled' },
  { subject: 'order-x' },
  { detailsJson: '{}' },
  { prevHash: OTHER_HASH },
  { hash: OTHER_HASH },
]

describe('a log that nobody touched', () => {
  it('is intact, whatever its length, and says its head', () => {
    expect(check([])).toEqual({ count: 0, head: GENESIS, sinceHead: null, fault: null })
    expect(check(log)).toEqual({ count: 6, head: log[5]!.hash, sinceHead: null, fault: null })
  })

  it('has every head that it ever had', () => {
    for (const [index, { hash }] of log.entries()) {
      expect(check(log, hash)).toMatchObject({ fault: null, sinceHead: 5 - index })
    }
    expect(check(log, GENESIS)).toMatchObject({ fault: null, sinceHead: 6 })
  })
})

describe('a log that somebody touched', () => {
  it.each(CHANGES)('names the record that says %o instead', (change) => {
    for (const place of [0, 3, 5])
      expect(fault(changed(place, change))).toEqual([place + 1, 'altered'])
  })

  it('names a record that was altered and given a new hash by the one after it', () => {
    const forged = { ...log[2]!, actor: 'nobody' }
    expect(fault(changed(2, { ...forged, hash: hashOfRecord(forged) }))).toEqual([3, 'altered'])
  })

  it('names records that are missing, at the beginning and inside', () => {
    expect(fault(log.slice(1))).toEqual([1, 'missing'])
    expect(fault(log.toSpliced(2, 1))).toEqual([3, 'missing'])
    expect(fault(log.toSpliced(2, 2))).toEqual([3, 'missing'])
    expect(check(log.toSpliced(2, 2)).fault!.message).toBe('records 3 to 4 are missing')
  })

  it('names two records that changed places, wherever they are', () => {
    for (let first = 0; first < 6; first++) {
      for (let second = first + 1; second < 6; second++) {
        const swapped = log.with(first, log[second]!).with(second, log[first]!)
        expect(fault(swapped)).toEqual([log[second]!.auditId, 'reordered'])
      }
    }
  })

  it('names a record that was put in, however well it was forged', () => {
    const forged = recordAfter(log[2], 'forged')
    expect(fault(log.toSpliced(3, 0, forged))).toEqual([4, 'inserted'])
    expect(fault(log.toSpliced(3, 0, { ...forged, auditId: 99 }))).toEqual([99, 'inserted'])
    expect(fault(log.toSpliced(3, 0, { ...forged, prevHash: OTHER_HASH }))).toEqual([4, 'altered'])
    expect(fault(log.toSpliced(3, 0, log[2]!))).toEqual([3, 'inserted'])
    expect(fault(log.toSpliced(0, 0, recordAfter(undefined, 'forged')))).toEqual([1, 'inserted'])
  })

  it('that was cut off at its end is intact by itself, and broken by a head kept elsewhere', () => {
    const head = log[5]!.hash
    for (let kept = 0; kept < 6; kept++) {
      expect(fault(log.slice(0, kept))).toBe(null)
      expect(fault(log.slice(0, kept), head)).toEqual([kept + 1, 'cut-off'])
    }
  })

  it('that was made anew as a whole is intact by itself, and broken by a head kept elsewhere', () => {
    const anew = [recordAfter(undefined, 'a nicer story')]
    expect(fault(anew)).toBe(null)
    expect(fault(anew, log[5]!.hash)).toEqual([2, 'cut-off'])
  })

  it('has what is no record named by its place', () => {
    expect(fault([...log.slice(0, 2), null, ...log.slice(3)])).toEqual([3, 'altered'])
    expect(fault([...log.slice(0, 5), null])).toEqual([6, 'cut-off'])
  })
})

describe('a line of an export', () => {
  const line = JSON.stringify(toAuditRecord(log[1]!))

  it('gives back the record it was made of', () => {
    expect(readAuditLine(line)).toEqual(log[1])
  })

  it.each([
    ['another form of the same', ` ${line}`],
    ['a field more', line.replace('{', '{"note":1,')],
    ['a field twice', line.replace('{', '{"actor":"x",')],
    ['a field less', line.replace(/"actor":"admin",/, '')],
    ['half a line', line.slice(0, 40)],
    ['nothing', ''],
  ])('is none with %s', (_, text) => {
    expect(readAuditLine(text)).toBe(null)
  })
})
