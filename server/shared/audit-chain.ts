/**
 * The chain of the audit log: each record's hash covers its own fields and the hash of the record before. Pure, so that
 * central writes it and anybody can check it without central. What it can prove, and what not, is in
 * server/central/audit/README.md.
 */
import { createHash } from 'node:crypto'

export interface ChainedRecord {
  /** 1, 2, 3 … without gaps. */
  readonly auditId: number
  /** Milliseconds since 1970 UTC. */
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detailsJson: string
  readonly prevHash: string
  readonly hash: string
}

/** Stands before the first record. */
export const GENESIS = '0'.repeat(64)

/** An array, so that the order of the fields is part of the form. The number follows from the place in the chain. */
export function hashOfRecord(record: Omit<ChainedRecord, 'auditId' | 'hash'>): string {
  const { prevHash, at, actor, action, subject, detailsJson } = record
  const text = JSON.stringify([prevHash, at, actor, action, subject, detailsJson])
  return createHash('sha256').update(text).digest('hex')
}

export type AuditFaultKind = 'altered' | 'missing' | 'inserted' | 'reordered' | 'cut-off'

export interface AuditFault {
  /** The number of the first record that is broken; of the first that is not there, where one is missing. */
  readonly auditId: number
  readonly how: AuditFaultKind
  /** For people; no text from the log. */
  readonly message: string
}

export interface AuditCheck {
  /** Records that were looked at. */
  readonly count: number
  /** Hash of the last of them that fits. */
  readonly head: string
  /** Records after the expected head; null: no head was expected, or it is not there. */
  readonly sinceHead: number | null
  readonly fault: AuditFault | null
}

/** A record, or null where there is something that is none. Must give the same each time it is asked for. */
export type Records = () => Iterable<ChainedRecord | null>

/** Oldest first. `expectedHead` is the hash of a record that must be there: only it shows a log that was cut off. */
export function checkAuditChain(records: Records, expectedHead?: string): AuditCheck {
  let previous: ChainedRecord | null = null
  let count = 0
  let headAt = expectedHead === GENESIS ? 0 : null
  for (const record of records()) {
    count += 1
    if (record === null || !fits(record, previous)) {
      const fault = explain(records, count, previous, record)
      return { count, head: previous?.hash ?? GENESIS, sinceHead: null, fault }
    }
    if (record.hash === expectedHead) headAt = count
    previous = record
  }
  const head = previous?.hash ?? GENESIS
  if (expectedHead === undefined) return { count, head, sinceHead: null, fault: null }
  if (headAt !== null) return { count, head, sinceHead: count - headAt, fault: null }
  const message = `the log ends after ${count} records without the expected head: it was cut off at its end, or the whole log was replaced`
  const fault = { auditId: count + 1, how: 'cut-off', message } as const
  return { count, head, sinceHead: null, fault }
}

function fits(record: ChainedRecord, previous: ChainedRecord | null): boolean {
  return (
    record.prevHash === (previous?.hash ?? GENESIS) &&
    record.hash === hashOfRecord(record) &&
    record.auditId === (previous?.auditId ?? 0) + 1
  )
}

/** What was done to the log so that the record at `place` (from 1) does not fit. */
function explain(
  records: Records,
  place: number,
  previous: ChainedRecord | null,
  record: ChainedRecord | null,
): AuditFault {
  const expectedId = (previous?.auditId ?? 0) + 1
  const found = lookAround(records, place, record?.prevHash)
  if (record === null) {
    if (found.isLast) {
      const message = `what stands in place ${place}, the last, is no whole record: the log was cut off there`
      return { auditId: expectedId, how: 'cut-off', message }
    }
    const message = `what stands in place ${place} is no record as central wrote it`
    return { auditId: expectedId, how: 'altered', message }
  }
  const { auditId } = record
  if (record.hash !== hashOfRecord(record)) {
    const message = `record ${auditId} was altered: what it says does not fit its hash`
    return { auditId, how: 'altered', message }
  }
  if (found.isLater) {
    const message = `record ${auditId} stands before the one that it follows: records were put in another order`
    return { auditId, how: 'reordered', message }
  }
  if (found.next !== null && found.next.prevHash === (previous?.hash ?? GENESIS)) {
    const message = `the record in place ${place} (number ${auditId}) was inserted: the one after it follows the one before it`
    return { auditId, how: 'inserted', message }
  }
  if (found.afterEarlier !== null) {
    const inserted = found.afterEarlier.auditId
    const message = `record ${inserted} was inserted: record ${auditId} follows the one before it`
    return { auditId: inserted, how: 'inserted', message }
  }
  const isLinked = record.prevHash === (previous?.hash ?? GENESIS)
  if (!isLinked && auditId > expectedId) {
    const last = auditId - 1
    const which = last === expectedId ? `record ${last} is` : `records ${expectedId} to ${last} are`
    return { auditId: expectedId, how: 'missing', message: `${which} missing` }
  }
  if (!isLinked && previous !== null && auditId === expectedId) {
    const message = `record ${previous.auditId} was altered and its hash made anew: record ${auditId} follows another one`
    return { auditId: previous.auditId, how: 'altered', message }
  }
  const message = `record ${expectedId} was altered: its number (${auditId}) or its link is not the one of its place`
  return { auditId: expectedId, how: 'altered', message }
}

interface Around {
  readonly isLast: boolean
  readonly next: ChainedRecord | null
  /** Whether the record with the wanted hash stands after this place. */
  readonly isLater: boolean
  /** What stands right after the record with the wanted hash, where that is before this place. */
  readonly afterEarlier: ChainedRecord | null
}

/** A second reading, so that the first need not remember anything. */
function lookAround(records: Records, place: number, wanted: string | undefined): Around {
  let at = 0
  let isLater = false
  let next: ChainedRecord | null = null
  let afterEarlier: ChainedRecord | null = null
  let isAfterWanted = wanted === GENESIS
  for (const record of records()) {
    at += 1
    if (at < place && isAfterWanted) afterEarlier = record
    if (at === place + 1) next = record
    isAfterWanted = record !== null && record.hash === wanted
    if (at > place && isAfterWanted) isLater = true
  }
  return { isLast: at === place, next, isLater, afterEarlier }
}
