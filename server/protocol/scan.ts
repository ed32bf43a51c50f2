import { type Static, Type } from 'typebox'
import { CarrierPath, ScanId, Timestamp, VolumeId } from './ids.ts'
import { MAX_UNREADABLE_SAMPLES } from './limits.ts'

/** A volume that a scan covered, and how it was read. */
export const ScannedVolume = Type.Object(
  {
    volumeId: VolumeId,
    /** The scope entry: a folder or an image on that machine. */
    root: CarrierPath,
    label: Type.String({ maxLength: 256 }),
    fileSystem: Type.String({ maxLength: 64 }),
    provider: Type.String({ maxLength: 16, description: 'mft, samba, ntfs-3g or win32' }),
    isWritable: Type.Boolean({ description: 'False: streams can be read here, not stripped' }),
  },
  { additionalProperties: false },
)
export type ScannedVolume = Static<typeof ScannedVolume>

/** A place that could not be looked at. What is there is unknown, never clean. */
export const UnreadablePlace = Type.Object(
  {
    path: CarrierPath,
    stream: Type.Union([Type.String({ maxLength: 255 }), Type.Null()]),
    code: Type.String({ maxLength: 32 }),
    message: Type.String({ maxLength: 1_024 }),
  },
  { additionalProperties: false },
)
export type UnreadablePlace = Static<typeof UnreadablePlace>

/** `complete`: everything was looked at. `incomplete`: all but the unreadable places. */
export const ScanState = Type.Union([
  Type.Literal('complete'),
  Type.Literal('incomplete'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
])
export type ScanState = Static<typeof ScanState>

export const ScanSummary = Type.Object(
  {
    scanId: ScanId,
    state: ScanState,
    startedAt: Timestamp,
    finishedAt: Timestamp,
    carriersSeen: Type.Integer({ minimum: 0 }),
    streamsFound: Type.Integer({ minimum: 0 }),
    unreadableCount: Type.Integer({ minimum: 0 }),
    unreadable: Type.Array(UnreadablePlace, { maxItems: MAX_UNREADABLE_SAMPLES }),
    volumes: Type.Array(ScannedVolume, { maxItems: 256 }),
    /** Why it failed, or why it was made where that is not its schedule; else empty. */
    message: Type.String({ maxLength: 1_024 }),
  },
  { additionalProperties: false },
)
export type ScanSummary = Static<typeof ScanSummary>

export const ScanProgress = Type.Object(
  {
    scanId: ScanId,
    carriersSeen: Type.Integer({ minimum: 0 }),
    streamsFound: Type.Integer({ minimum: 0 }),
    unreadableCount: Type.Integer({ minimum: 0 }),
    fractionDone: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]),
  },
  { additionalProperties: false },
)
export type ScanProgress = Static<typeof ScanProgress>
