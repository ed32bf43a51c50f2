/**
 * Items, for the writer: an item is a stream as it is, whichever machine has it. Most of what a machine reports
 * is known from others, so the whole item is looked for in memory first, by all of its report at once.
 */
import type { Database } from 'better-sqlite3'
import type { ReportedStream } from '../../../protocol/stream.ts'
import type { ReportText } from '../../../shared/inventory-digest.ts'
import { fileNameOf } from '../../../streams/path-parts.ts'
import { classOf } from './class-definition.ts'
import { type ClassEntry, type Dictionaries, hash32 } from './dictionaries.ts'
import { RecentMap } from './recent-map.ts'

export interface ItemEntry extends ClassEntry {
  itemNo: number
}

export interface Items {
  /** The number of a stream's item, made if there is none. */
  intern(stream: ReportedStream, text: ReportText): ItemEntry
  /** How many items each class gained since the last call. */
  takeNewByClass(): Map<number, number>
  forget(): void
}

/** Characters of reports kept in each of two generations: 200 MB at most, for some 400,000 items. */
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
  const cache = new RecentMap<ItemEntry>(CACHED_UNITS)
  let newByClass = new Map<number, number>()

  const findOrAdd = (stream: ReportedStream, text: string): ItemEntry => {
    const { columns, classEntry, isNew } = columnsOf(stream, text, dictionaries)
    const found = isNew ? undefined : select.get(columns)
    if (found !== undefined) return { ...classEntry, itemNo: found.item_no }
    const itemNo = Number(insert.run(columns).lastInsertRowid)
    newByClass.set(classEntry.classNo, (newByClass.get(classEntry.classNo) ?? 0) + 1)
    return { ...classEntry, itemNo }
  }

  return {
    intern: (stream, { carrier, content }) => {
      const text = carrier + content
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

function columnsOf(
  stream: ReportedStream,
  text: string,
  dictionaries: Dictionaries,
): { columns: ItemColumns; classEntry: ClassEntry; isNew: boolean } {
  const classEntry = dictionaries.classEntry(classOf(stream))
  const fileName = fileNameOf(stream.path)
  const { hostUrl = null, referrerUrl = null, hostIpAddress = null } = stream.origin ?? {}
  const { no: nameNo, isNew } = dictionaries.fileName(fileName)
  const endsWithName = hostUrl !== null && fileName !== '' && hostUrl.endsWith(fileName)
  const hostPart = endsWithName ? hostUrl.slice(0, -fileName.length) : hostUrl
  const columns = {
    classNo: classEntry.classNo,
    folderNo: dictionaries.folder(stream.path.slice(0, stream.path.length - fileName.length)),
    nameNo,
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
  return { columns, classEntry, isNew }
}

function hasOnlyPath({ links, path }: ReportedStream): boolean {
  return links.length === 1 && links[0] === path
}
