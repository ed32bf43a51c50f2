/** What the store of orders takes and gives. Plain data: it crosses threads. */
import type { OrderPlan } from '../../../protocol/api/order-requests.ts'
import type { TargetState } from '../../../protocol/api/order-targets.ts'
import type { OrderState } from '../../../protocol/api/orders.ts'
import type {
  FileIdentity,
  MachineId,
  OrderId,
  PreviewId,
  TargetId,
  VolumeId,
} from '../../../protocol/ids.ts'
import type { MarkOrigin, OrderAction } from '../../../protocol/order.ts'
import type { VerdictName } from '../../../protocol/stream.ts'
import type { TargetSelection } from '../inventory/query/select-targets.ts'

/** Where the targets of a list come from. */
export type FreezeSource =
  | { kind: 'streams'; selection: TargetSelection }
  | { kind: 'files'; files: readonly MarkFile[] }
  /** What of an order can be undone. `written`: of a mark, the stream that is there now. */
  | { kind: 'undo'; orderId: OrderId; written: { sizeBytes: number; sha256: string } | null }
  | { kind: 'retry'; orderId: OrderId; states: readonly TargetState[] }
  /** The carriers of the marks that a strip order took away. */
  | { kind: 'marks-of'; orderId: OrderId }

export interface MarkFile {
  machineId: MachineId
  volumeId: VolumeId
  identity: FileIdentity
  path: string
}

export interface NewPreview {
  previewId: PreviewId
  action: OrderAction
  origin: MarkOrigin | null
  query: string | null
  createdBy: string
  expiresAt: number
}

export interface Bucket<Value> {
  value: Value
  count: number
}

export interface PreviewSummary {
  byMachine: { machineId: MachineId; hostname: string; count: number }[]
  byVerdict: Bucket<VerdictName>[]
  byExtension: Bucket<string>[]
  byOrigin: Bucket<string | null>[]
  excluded: { reason: string; count: number }[]
  /** Streams that are no Zone.Identifier. */
  otherStreams: number
  /** Streams that were stripped before. */
  returned: number
  /** Streams on volumes that are no NTFS: folders that a file server shares. */
  onShares: number
}

export interface StoredPreview extends NewPreview {
  createdAt: number
  state: 'counting' | 'ready' | 'failed' | 'used'
  error: string
  targetCount: number
  machineCount: number
  totalBytes: number
  summary: PreviewSummary
  digest: string | null
}

export interface NewOrder {
  orderId: OrderId
  previewId: PreviewId
  confirmCount: number
  createdBy: string
  /** The people behind a rule that makes it: none of them may approve it. */
  writers: readonly string[]
  reason: string
  expiresAt: number
  plan: Omit<OrderPlan, 'expiresAt'>
  /** Why somebody else has to approve it; null: nobody has to. */
  approvalNeeded: string | null
  undoes: OrderId | null
  retries: OrderId | null
}

/** What a retry of an order can rely on. */
export interface ApprovalBasis {
  /** A second person approved it, or an order that it tries again: all that it names was approved. */
  isApproved: boolean
  /** Of the list that was frozen first: verdicts are not looked up again. */
  byVerdict: Bucket<VerdictName>[]
}

export interface StoredOrder extends Omit<NewOrder, 'previewId' | 'confirmCount'> {
  action: OrderAction
  state: OrderState
  createdAt: number
  finishedAt: number | null
  query: string | null
  origin: MarkOrigin | null
  digest: string
  decidedBy: string | null
  decidedAt: number | null
  decisionReason: string
  pausedBy: string | null
  pausedAt: number | null
  pausedReason: string
  step: number
  targetCount: number
  machineCount: number
  releasedMachines: number
  finishedMachines: number
  undoableCount: number
  retryableCount: number
  /** How long central keeps small streams that orders take, as it is set now; 0: it keeps none. */
  contentKeptDays: number
  counts: Record<string, number>
}

export interface StoredTarget {
  targetId: TargetId
  machineId: MachineId
  hostname: string
  volumeId: VolumeId
  identity: FileIdentity
  path: string
  stream: string
  sizeBytes: number
  sha256: string | null
  strippedTargetId: TargetId | null
}

export interface TargetOutcome extends StoredTarget {
  state: TargetState
  reason: string
  receiptAt: string | null
}

export interface StoredOrderMachine {
  machineId: MachineId
  hostname: string
  isReleased: boolean
  targetCount: number
  counts: Record<string, number>
}

/** Targets of one order, all of one machine. The next batch begins behind {@link Place}. */
export interface TargetBatch {
  orderId: OrderId
  action: OrderAction
  origin: MarkOrigin | null
  createdBy: string
  reason: string
  targets: StoredTarget[]
  last: Place
  /** Cancelled or expired, so that nothing new may come of it. */
  isOver: boolean
  /** Of a strip and a reduce: of streams up to this size, receipts should bring the bytes. */
  returnUpToBytes: number
}

/** What is kept of a target that an undo puts back. */
export interface StoredCopy {
  /** Of the target that is undone. */
  targetId: TargetId
  takenBy: 'strip' | 'reduce'
  contentBase64: string
}

export interface Place {
  orderNo: number
  targetNo: number
}

export interface Page {
  cursor?: string | undefined
  limit: number
}

export interface PendingAudit {
  eventNo: number
  at: number
  actor: string
  action: string
  subject: string
  details: object
}

/** What happened besides the answer, told after the commit and before the answers. */
export interface OrdersNotice {
  audits: PendingAudit[]
  changed: OrderId[]
  previews: PreviewId[]
  /** More may be sent of these. */
  wake: OrderId[]
  openOrders: number
}
