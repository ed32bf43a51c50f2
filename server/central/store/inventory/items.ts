/**
 * Items, for the writer: an item is a stream as it is, whichever machine has it. Most of what a machine reports
 * is known from others, and then comes as a reference to what was told before (prepared-delta.ts).
 */
import type { Database } from 'better-sqlite3'
import { BulkInsert } from './bulk-insert.ts'
import type { ClassEntry, Dictionaries } from './dictionaries.ts'
import type { ItemReport } from './item-report.ts'
import type { LiveCounts } from './live-counts.ts'
import type { ItemNews, ItemRef } from './prepared-delta.ts'
import type { TextRow } from './text-dictionaries.ts'

export interface ItemEntry extends ClassEntry {
  itemNo: number
}

/** Preparer and writer do not agree any more on what references mean: both must begin anew. */
export class ItemUntold extends Error {
  override readonly name = 'ItemUntold'
}

export interface Items {
  /** Before what refers to it; outside of a transaction, which might be rolled back. */
  learn(told: ItemNews['told']): void
  drop(refs: ItemNews['dropped']): void
  /** The item that a reference names, made if there is none. */
  resolve(ref: ItemRef): ItemEntry
  /** The item that is reported, made if there is none. */
  intern(report: ItemReport): ItemEntry
  /** What is new, with all that it points to: before its rows are read or counted, and before the transaction ends. */
  write(): void
  /** What was resolved is on disk. */
  committed(): void
  /** What was resolved since the last commit never was. */
  rolledBack(): void
  /** All references. Whoever made them knows. */
  forget(): void
}

/** In the order in which both statements name them; named parameters would take much longer to bind. */
type ItemColumns = [
  classNo: number,
  folderNo: number,
  nameNo: number,
  fingerprint: number,
  sizeBytes: number,
  allocatedBytes: number,
  isResident: number,
  sha256: Buffer | null,
  hostUrlNo: number | null,
  endsWithName: number,
  referrerNo: number | null,
  hostIp: string | null,
  links: string | null,
]

export function createItems(
  db: Database,
  dictionaries: Dictionaries,
  counts: Pick<LiveCounts, 'addedItem' | 'takeItem'>,
): Items {
  const select = db.prepare<ItemColumns, { item_no: number }>(`
    SELECT item_no FROM item
    WHERE class_no = ? AND folder_no = ? AND name_no = ? AND fingerprint = ? AND size_bytes = ?
      AND allocated_bytes = ? AND is_resident = ? AND sha256 IS ? AND host_url_no IS ? AND ends_with_name = ?
      AND referrer_no IS ? AND host_ip IS ? AND links_json IS ?
    LIMIT 1
  `)
  const selectNext = db.prepare<[], TextRow>('SELECT ifnull(max(item_no), 0) + 1 AS no FROM item')
  const newItems = new BulkInsert(db, 'item', [
    'item_no',
    'class_no',
    'folder_no',
    'name_no',
    'fingerprint',
    'size_bytes',
    'allocated_bytes',
    'is_resident',
    'sha256',
    'host_url_no',
    'ends_with_name',
    'referrer_no',
    'host_ip',
    'links_json',
    'live_count',
  ])
  /** Not written yet, by their fingerprints. */
  const pending: { itemNo: number; columns: ItemColumns }[] = []
  const pendingFingerprints = new Set<number>()
  let next = selectNext.get()!.no
  /** Told, and no transaction with them is committed yet. */
  const unresolved = new Map<ItemRef, ItemReport>()
  const resolved = new Map<ItemRef, ItemEntry>()
  let uncommitted: ItemRef[] = []

  const write = (): void => {
    dictionaries.write()
    for (const { itemNo, columns } of pending) {
      newItems.add(itemNo, ...columns, counts.takeItem(itemNo))
    }
    pending.length = 0
    pendingFingerprints.clear()
    newItems.write()
  }

  const find = (report: ItemReport, columns: ItemColumns): number | undefined => {
    if (pendingFingerprints.has(report.fingerprint)) write()
    return select.get(...columns)?.item_no
  }

  const intern = (report: ItemReport): ItemEntry => {
    const { columns, classEntry, isNew } = columnsOf(report, dictionaries)
    const found = isNew ? undefined : find(report, columns)
    if (found !== undefined) return { ...classEntry, itemNo: found }
    const itemNo = next
    next += 1
    pending.push({ itemNo, columns })
    pendingFingerprints.add(report.fingerprint)
    counts.addedItem(classEntry)
    return { ...classEntry, itemNo }
  }

  return {
    learn: (told) => {
      for (const [ref, report] of told) unresolved.set(ref, report)
    },
    drop: (refs) => {
      for (const ref of refs) {
        unresolved.delete(ref)
        resolved.delete(ref)
      }
    },
    resolve: (ref) => {
      let entry = resolved.get(ref)
      if (entry !== undefined) return entry
      const report = unresolved.get(ref)
      if (report === undefined) throw new ItemUntold(`nobody told what item ${ref} is`)
      entry = intern(report)
      resolved.set(ref, entry)
      uncommitted.push(ref)
      return entry
    },
    intern,
    write,
    committed: () => {
      for (const ref of uncommitted) unresolved.delete(ref)
      uncommitted = []
    },
    rolledBack: () => {
      for (const ref of uncommitted) resolved.delete(ref)
      uncommitted = []
      pending.length = 0
      pendingFingerprints.clear()
      newItems.forget()
      next = selectNext.get()!.no
    },
    forget: () => {
      unresolved.clear()
      resolved.clear()
      uncommitted = []
    },
  }
}

function columnsOf(
  report: ItemReport,
  dictionaries: Dictionaries,
): { columns: ItemColumns; classEntry: ClassEntry; isNew: boolean } {
  const { sha256, hostUrl, referrerUrl } = report
  const classEntry = dictionaries.classEntry(report.classDefinition)
  const { no: nameNo, isNew } = dictionaries.fileName(report.fileName)
  const columns: ItemColumns = [
    classEntry.classNo,
    dictionaries.folder(report.folder),
    nameNo,
    report.fingerprint,
    report.sizeBytes,
    report.allocatedBytes,
    report.isResident ? 1 : 0,
    sha256 === null ? null : Buffer.from(sha256, 'hex'),
    hostUrl === null ? null : dictionaries.hostUrl(hostUrl),
    report.endsWithName ? 1 : 0,
    referrerUrl === null ? null : dictionaries.referrer(referrerUrl),
    report.hostIp,
    report.links,
  ]
  return { columns, classEntry, isNew }
}
