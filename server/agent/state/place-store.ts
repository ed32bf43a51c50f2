import type Database from 'better-sqlite3'
import type { FileIdentity, VolumeId } from '../../protocol/ids.ts'
import type { ReportedStream } from '../../protocol/stream.ts'

/**
 * Finds streams that are here again by where their carriers are, or by their carriers. The index of places is
 * kept by {@link PlaceStore.keep}, in the transactions that change `stream`.
 */
export interface PlaceStore {
  /** The report of this stream is new: its places are those of the report. */
  keep(streamId: number, reportJson: string): void
  /** Streams of carriers of which one path is `path`. */
  at(path: string, limit: number): ReportedStream[]
  /** Streams of carriers of which one path is below the folder `path`. */
  below(path: string, limit: number): ReportedStream[]
  ofCarrier(volumeId: VolumeId, identity: FileIdentity): ReportedStream[]
  /** Identities of the carriers on a volume, in any order. */
  carriersOn(volumeId: VolumeId, limit: number): FileIdentity[]
}

const HERE = `
  SELECT DISTINCT stream.report FROM stream_place JOIN stream USING (stream_id)
  WHERE stream.is_gone = 0 AND`
/** A path as the index has it: what JSON makes of it for SQLite. */
const PATH = `json_extract(?, '$')`

export function createPlaceStore(db: Database.Database): PlaceStore {
  const forget = db.prepare('DELETE FROM stream_place WHERE stream_id = ?')
  const add = db.prepare(`
    INSERT OR IGNORE INTO stream_place (place, stream_id)
    SELECT value, ? FROM json_each(?, '$.links') WHERE substr(value, 1, 1) = '/'
  `)
  const at = db.prepare(`${HERE} place = ${PATH} LIMIT ?`).pluck()
  // Between `path/` and `path0`, the character behind the slash: a range of the index.
  const below = db
    .prepare(`${HERE} place > ${PATH} || '/' AND place < ${PATH} || '0' LIMIT ?`)
    .pluck()
  const ofCarrier = db
    .prepare('SELECT report FROM stream WHERE volume_id = ? AND identity = ? AND is_gone = 0')
    .pluck()
  const carriersOn = db
    .prepare('SELECT DISTINCT identity FROM stream WHERE volume_id = ? AND is_gone = 0 LIMIT ?')
    .pluck()
  return {
    keep(streamId, reportJson) {
      forget.run(streamId)
      add.run(streamId, reportJson)
    },
    at: (path, limit) => at.all(JSON.stringify(path), limit).map(toReport),
    below(path, limit) {
      const json = JSON.stringify(path === '/' ? '' : path)
      return below.all(json, json, limit).map(toReport)
    },
    ofCarrier: (volumeId, identity) => ofCarrier.all(volumeId, identity).map(toReport),
    carriersOn: (volumeId, limit) => carriersOn.all(volumeId, limit) as FileIdentity[],
  }
}

function toReport(json: unknown): ReportedStream {
  return JSON.parse(json as string)
}
