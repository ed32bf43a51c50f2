import { type Static, Type } from 'typebox'
import { MAX_PATH_UNITS, MAX_STREAM_NAME_UNITS } from './limits.ts'

/**
 * Identifiers, each a distinct type, so that a scan id cannot be passed where a machine id belongs.
 * All are strings: a JSON number loses file references above 2^53, and ids are never calculated with.
 */
const UUID = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'

const uuid = <Name extends string>(description: string) =>
  Type.Unsafe<string & { readonly __id: Name }>(Type.String({ pattern: UUID, description }))

export const MachineId = uuid<'machine'>('Given by central at enrolment')
export type MachineId = Static<typeof MachineId>

export const ScanId = uuid<'scan'>('One pass over a scope on one machine')
export type ScanId = Static<typeof ScanId>

export const OrderId = uuid<'order'>('An approved instruction about named streams')
export type OrderId = Static<typeof OrderId>

export const PreviewId = uuid<'preview'>('Targets, frozen, of which an order can be made')
export type PreviewId = Static<typeof PreviewId>

export const TargetId = uuid<'target'>(
  'One stream of one order; the key that makes repeats harmless',
)
export type TargetId = Static<typeof TargetId>

/** `ntfs-<16 hex of the serial number>` or `fs-<16 hex of the file system id>`. */
export const VolumeId = Type.Unsafe<string & { readonly __id: 'volume' }>(
  Type.String({ pattern: '^[a-z0-9]+-[0-9a-f]{1,32}$' }),
)
export type VolumeId = Static<typeof VolumeId>

/** Opaque, unique on its volume; changes when the file is replaced. `ntfs:<reference>`, on a disk of several NTFS
 * partitions `ntfs:<reference>@<partition>`; `posix:<ino>:<birth>`. */
export const FileIdentity = Type.Unsafe<string & { readonly __id: 'file' }>(
  Type.String({ pattern: '^[a-z0-9]+:[0-9:@]{1,64}$' }),
)
export type FileIdentity = Static<typeof FileIdentity>

/** Lower-case hex. */
export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })

/** UTF-16 units as on disk; may hold unpaired surrogates. */
export const CarrierPath = Type.String({ minLength: 1, maxLength: MAX_PATH_UNITS })

/** Name between the colons of `file:name:$DATA`; never empty, so never the unnamed stream. */
export const StreamName = Type.String({ minLength: 1, maxLength: MAX_STREAM_NAME_UNITS })

/** RFC 3339, UTC. */
export const Timestamp = Type.String({
  pattern: '^\\d{4,6}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z$',
})
