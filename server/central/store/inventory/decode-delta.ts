/** A delta as it came from the wire → a delta that is checked. The dearest part of taking it in. */
import { InventoryDelta } from '../../../protocol/link-frames.ts'
import { frameDecoder } from '../../../shared/frame-codec.ts'
import type { StoredDelta } from './stored-delta.ts'

const decode = frameDecoder<InventoryDelta>(InventoryDelta)

/** Throws FrameError. */
export function decodeDelta(frame: Uint8Array): StoredDelta {
  return decode(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength), true)
}
