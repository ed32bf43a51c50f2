/**
 * Items, for the writer: an item is a stream as it is, whichever machine has it. Most of what a machine reports
 * is known from others, so the whole item is looked for in memory first, by all of its report at once.
 */
import type { Database } from 'better-sqlite3'
import { LRUCache } from 'lru-cache'
import type { ReportedStream } from '../../../protocol/stream.ts'
import { fileNameOf } from '../../../streams/path-parts.ts'
import { classOf } from './class-definition.ts'
import { type ClassEntry, type Dictionaries, hash32 } from './dictionaries.ts'

export interface ItemEntry extends ClassEntry {
  itemNo: number
}

export interface Items {
  /** The number of a stream's item, made if there is none. */
  intern(stream: ReportedStream): ItemEntry
  /** How many items each class gained since the last call. */
  takeNewByClass(): Map<number, number>
  forget(): void
}

/** Characters of reports kept: about 150 MB. */
const CACHED_UNITS = 100_000_000

type ItemColumns = Record<
  | 'classNo'
  | 'folderNo'
  | 'nameNo'
  | 'fingerprint'
  | 'size'
  | 'allocated'
  | 'isResident'
  | 'hostUrlNo'
  | 'endsWithName'
  | 'referrerNo',
  number | null
> & { sha256: Buffer | null; hostIp: string | null; links: string | null }

export function createItems(db: Database, dictionaries: Dictionaries): Items {
  const select = db.prepare<[ItemColumns], { item_no: number }>(`
    SELECT item_no FROM item
    WHERE name_no = @nameNo AND folder_no = @folderNo AND fingerprint = @fingerprint
      AND class_no = @classNo AND size_bytes = @size AND allocated_bytes = @allocated
      AND is_resident = @isResident AND sha256 IS @sha256 AND host_url_no IS @hostUrlNo
      AND ends_with_name = @endsWithName AND referrer_no IS @referrerNo AND host_ip IS @hostIp
      AND links_json IS @links
    LIMIT 1
  `)
  const insert = db.prepare<[ItemColumns]>(`
    INSERT INTO item (
      class_no, folder_no, name_no, fingerprint, size_bytes, allocated_bytes, is_resident, sha256,
      host_url_no, ends_with_name, referrer_no, host_ip, links_json)
    VALUES (
      @classNo, @folderNo, @nameNo, @fingerprint, @size, @allocated, @isResident, @sha256,
      @hostUrlNo, @endsWithName, @referrerNo, @hostIp, @links)
  `)
  const cache = new LRUCache<string, ItemEntry>({
    maxSize: CACHED_UNITS,
    sizeCalculation: (_, text) => text.length + 100,
  })
  let newByClass = new Map<number, number>()

  const findOrAdd = (stream: ReportedStream, text: string): ItemEntry => {
    const { columns, classEntry } = columnsOf(stream, text, dictionaries)
    const found = select.get(columns)
    if (found !== undefined) return { ...classEntry, itemNo: found.item_no }
    const itemNo = Number(insert.run(columns).lastInsertRowid)
    newByClass.set(classEntry.classNo, (newByClass.get(classEntry.classNo) ?? 0) + 1)
    return { ...classEntry, itemNo }
  }

  return {
    intern: (stream) => {
      const text = itemText(stream)
      let entry = cache.get(text)
      if (entry === undefined) {
        entry = findOrAdd(stream, text)
        cache.set(text, entry)
      }
      return entry
    },
    takeNewByClass: () => {
      const taken = newByClass
      newByClass = new Map()
      return taken
    },
    forget: () => {
      cache.clear()
      newByClass = new Map()
    },
  }
}

/** All of a report but where it is on which machine, and when it was written. JSON: no two reports have the same. */
function itemText(stream: ReportedStream): string {
  const { origin } = stream
  return JSON.stringify([
    stream.stream,
    stream.path,
    hasOnlyPath(stream) ? null : stream.links,
    stream.kind,
    stream.sizeBytes,
    stream.allocatedBytes,
    stream.isResident,
    stream.sha256,
    stream.verdict,
    stream.rule,
    origin && [
      origin.id,
      origin.hostUrl,
      origin.referrerUrl,
      origin.hostIpAddress,
      origin.lastWriterPackageFamilyName,
      origin.appZoneId,
      origin.appDefinedZoneId,
    ],
  ])
}

function columnsOf(
  stream: ReportedStream,
  text: string,
  dictionaries: Dictionaries,
): { columns: ItemColumns; classEntry: ClassEntry } {
  const classEntry = dictionaries.classEntry(classOf(stream))
  const fileName = fileNameOf(stream.path)
  const { hostUrl = null, referrerUrl = null, hostIpAddress = null } = stream.origin ?? {}
  const endsWithName = hostUrl !== null && fileName !== '' && hostUrl.endsWith(fileName)
  const hostPart = endsWithName ? hostUrl.slice(0, -fileName.length) : hostUrl
  const columns = {
    classNo: classEntry.classNo,
    folderNo: dictionaries.folder(stream.path.slice(0, stream.path.length - fileName.length)),
    nameNo: dictionaries.fileName(fileName),
    fingerprint: hash32(text),
    size: stream.sizeBytes,
    allocated: stream.allocatedBytes,
    isResident: stream.isResident ? 1 : 0,
    sha256: stream.sha256 === null ? null : Buffer.from(stream.sha256, 'hex'),
    hostUrlNo: hostPart === null ? null : dictionaries.hostUrl(hostPart),
    endsWithName: endsWithName ? 1 : 0,
    referrerNo: referrerUrl === null ? null : dictionaries.referrer(referrerUrl),
    // JSON escapes unpaired surrogates, so it is exact in a TEXT column.
    hostIp: hostIpAddress === null ? null : JSON.stringify(hostIpAddress),
    links: hasOnlyPath(stream) ? null : JSON.stringify(stream.links),
  }
  return { columns, classEntry }
}

function hasOnlyPath({ links, path }: ReportedStream): boolean {
  return links.length === 1 && links[0] === path
}
