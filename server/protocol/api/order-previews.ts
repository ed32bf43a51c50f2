/**
 * `/api/v1/orders/previews`: exactly what an order would name, frozen. It changes nothing on any machine.
 *
 *   GET    /orders/previews/:previewId?waitMs=            OrderPreview; 404 PREVIEW_NOT_FOUND (also when it expired)
 *   GET    /orders/previews/:previewId/targets?cursor=&limit=   PreviewTargetPage: what exactly is frozen
 *   GET    /orders/previews/:previewId/export?format=     the same as NDJSON or CSV
 *   DELETE /orders/previews/:previewId   204; stops one that still counts, forgets one that is no order yet
 *
 * One is made by a PreviewRequest, in preview-requests.ts.
 */
import { type Static, Type } from 'typebox'
import {
  CarrierPath,
  FileIdentity,
  MachineId,
  PreviewId,
  Sha256,
  StreamName,
  TargetId,
  Timestamp,
  VolumeId,
} from '../ids.ts'
import { MarkOrigin, OrderAction } from '../order.ts'
import { VerdictName } from '../stream.ts'
import { Cursor, orNull } from './schema-parts.ts'

const strict = { additionalProperties: false } as const
const Count = Type.Integer({ minimum: 0 })

const Bucket = <Schema extends Parameters<typeof Type.Union>[0][number]>(value: Schema) =>
  Type.Array(Type.Object({ value, count: Count }, strict), {
    description: 'The most frequent first, at most 20',
  })

export const PreviewWarning = Type.Object(
  {
    code: Type.Union([
      Type.Literal('SUSPICIOUS_CONTENT'),
      Type.Literal('NETWORK_ZONE'),
      Type.Literal('MARK_COMES_BACK'),
      Type.Literal('UNKNOWN_STREAMS'),
      Type.Literal('OFFLINE_MACHINES'),
      Type.Literal('POLICY_REFUSES'),
    ]),
    /** One sentence for people. Clients may show codes that they do not know by it. */
    text: Type.String(),
    count: Type.Integer({ minimum: 0, description: 'Targets, or machines for OFFLINE_MACHINES' }),
  },
  strict,
)
export type PreviewWarning = Static<typeof PreviewWarning>

export const OrderPreview = Type.Object(
  {
    previewId: PreviewId,
    action: OrderAction,
    /** `ready`: frozen. `used`: an order was made of it. */
    state: Type.Union([
      Type.Literal('counting'),
      Type.Literal('ready'),
      Type.Literal('failed'),
      Type.Literal('used'),
    ]),
    /** Why it failed; empty otherwise. */
    error: Type.String(),
    /** As it was asked for; null where streams or files were named. */
    query: orNull(Type.String()),
    origin: orNull(MarkOrigin),
    counted: Type.Integer({ minimum: 0, description: 'Frozen so far' }),
    /** Final when `ready`, like everything below; 0 or empty while it counts. */
    targetCount: Type.Integer({ minimum: 0, description: 'What an order would name' }),
    machineCount: Count,
    /** As of this answer. */
    offlineMachineCount: Count,
    totalBytes: Count,
    byMachine: Type.Array(
      Type.Object({ machineId: MachineId, hostname: Type.String(), count: Count }, strict),
      { description: 'The most frequent first, at most 20' },
    ),
    /** Empty for a mark: there is no stream yet. */
    byVerdict: Bucket(VerdictName),
    byExtension: Bucket(Type.String({ description: 'Lower case, without dot; empty for none' })),
    /** Of a mark: what the marks said that the strip took off, as far as the inventory still has them; of files by name, empty. */
    byOrigin: Bucket(
      orNull(Type.String({ description: 'Host of the host URL; null where there is none' })),
    ),
    /** What was asked for and would not be named, and why. */
    excluded: Type.Array(Type.Object({ reason: Type.String(), count: Count }, strict)),
    /** What an order over this will not do, or do besides. */
    warnings: Type.Array(PreviewWarning),
    /** Whether a second person would have to approve it, and why; null: not. */
    approvalNeeded: orNull(Type.String()),
    createdBy: Type.String(),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    /** SHA-256 over the frozen targets in their order, see server/central/audit/README.md; null while it counts. */
    digest: orNull(Sha256),
  },
  strict,
)
export type OrderPreview = Static<typeof OrderPreview>

export const PreviewTarget = Type.Object(
  {
    targetId: TargetId,
    machineId: MachineId,
    hostname: Type.String(),
    volumeId: VolumeId,
    identity: FileIdentity,
    path: CarrierPath,
    stream: StreamName,
    /** Of a mark: 0 and null, for there is no such stream yet. */
    sizeBytes: Count,
    sha256: orNull(Sha256),
  },
  strict,
)
export type PreviewTarget = Static<typeof PreviewTarget>

export const PreviewTargetPage = Type.Object(
  { targets: Type.Array(PreviewTarget), cursor: Cursor },
  strict,
)
export type PreviewTargetPage = Static<typeof PreviewTargetPage>
