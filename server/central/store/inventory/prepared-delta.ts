/**
 * A delta made ready for the writer by whoever checked it: all that can be worked out of a report without the database.
 * Plain data that is cheap to hand from one thread to the other. What most reports say was said before, by this machine
 * or another; so an item is told in full once, and then by a reference.
 */
import type { StreamKey } from '../../../protocol/stream.ts'
import { digestOf, reportText } from '../../../shared/inventory-digest.ts'
import { type CodeColumn, newCodeColumn, setCode } from './code-columns.ts'
import { DIGEST_LIMBS, writeLimbs } from './digest-sum.ts'
import { encodeIdentity } from './identity-code.ts'
import { type ItemReport, itemReportOf, itemText } from './item-report.ts'
import { RecentMap } from './recent-map.ts'
import type { StoredDelta } from './stored-delta.ts'
import { encodeTimestamp } from './timestamp-code.ts'

/** Names an item between one preparer and its writer. Never used for another one. */
export type ItemRef = number

export interface PreparedDelta {
  sequence: number
  resync: StoredDelta['resync']
  /** Of the upserts, each once. */
  volumeIds: readonly string[]
  upserts: StreamColumns
  gone: readonly StreamKey[]
  items: ItemNews
}

/** Streams as columns: the fields of thousands of objects would take longer to hand over than what they hold. */
export interface StreamColumns {
  /** Places in {@link PreparedDelta.volumeIds}. */
  volumes: Uint16Array<ArrayBuffer>
  identities: CodeColumn
  modifiedAt: CodeColumn
  items: Float64Array<ArrayBuffer>
  /** One after the other; see digest-sum.ts. */
  digests: Uint32Array<ArrayBuffer>
}

/** What references mean that no delta before had. */
export interface ItemNews {
  told: readonly [ItemRef, ItemReport][]
  /** Will not be used again. */
  dropped: readonly ItemRef[]
}

export interface Preparer {
  prepare(delta: StoredDelta): PreparedDelta
  /** The writer is about to forget all references. */
  forget(): void
}

/** Characters of reports kept in each of two generations: 200 MB at most, for some 400,000 items. */
const CACHED_UNITS = 100_000_000

export function createPreparer(): Preparer {
  let dropped: ItemRef[] = []
  const refs = new RecentMap<ItemRef>(CACHED_UNITS, (lost) => dropped.push(lost))
  let lastRef = 0

  return {
    prepare: ({ sequence, resync, upserts, gone }) => {
      const told: [ItemRef, ItemReport][] = []
      const volumeIds: string[] = []
      const columns = newColumns(upserts.length)
      for (const [place, stream] of upserts.entries()) {
        const report = reportText(stream)
        const text = itemText(report)
        let ref = refs.get(text)
        if (ref === undefined) {
          lastRef += 1
          ref = lastRef
          refs.set(text, ref)
          told.push([ref, itemReportOf(stream, report)])
        }
        columns.volumes[place] = placeOf(volumeIds, stream.volumeId)
        setCode(columns.identities, place, encodeIdentity(stream.identity))
        setCode(columns.modifiedAt, place, encodeTimestamp(stream.modifiedAt))
        columns.items[place] = ref
        writeLimbs(columns.digests, place, digestOf(stream, report))
      }
      const items = { told, dropped }
      dropped = []
      return { sequence, resync, volumeIds, upserts: columns, gone, items }
    },
    forget: () => {
      refs.clear()
      dropped = []
    },
  }
}

/** What can be handed to another thread without a copy. */
export function buffersOf({ upserts }: PreparedDelta): ArrayBuffer[] {
  const { volumes, identities, modifiedAt, items, digests } = upserts
  const columns = [volumes, identities.numbers, modifiedAt.numbers, items, digests]
  return columns.map(({ buffer }) => buffer)
}

function newColumns(length: number): StreamColumns {
  return {
    volumes: new Uint16Array(length),
    identities: newCodeColumn(length),
    modifiedAt: newCodeColumn(length),
    items: new Float64Array(length),
    digests: new Uint32Array(length * DIGEST_LIMBS),
  }
}

/** Machines have few volumes. */
function placeOf(volumeIds: string[], volumeId: string): number {
  const place = volumeIds.indexOf(volumeId)
  return place >= 0 ? place : volumeIds.push(volumeId) - 1
}
