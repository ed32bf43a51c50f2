/** A line of an audit export, there and back. */
import { Compile } from 'typebox/compile'
import { AuditRecord } from '../protocol/api/audit.ts'
import type { ChainedRecord } from './audit-chain.ts'
import { toTimestamp } from './clock.ts'

const recordCheck = Compile(AuditRecord)

export function toAuditRecord({ at, detailsJson, ...record }: ChainedRecord): AuditRecord {
  const { auditId, actor, action, subject, prevHash, hash } = record
  const details = JSON.parse(detailsJson) as unknown
  return { auditId, at: toTimestamp(at), actor, action, subject, details, prevHash, hash }
}

/** Null: not a line as central writes it, to the byte; what only looks like one could say two things. */
export function readAuditLine(line: string): ChainedRecord | null {
  const record = parse(line)
  if (!recordCheck.Check(record)) return null
  const { details, at, ...rest } = record
  const chained = { ...rest, at: Date.parse(at), detailsJson: JSON.stringify(details) }
  return JSON.stringify(toAuditRecord(chained)) === line ? chained : null
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
