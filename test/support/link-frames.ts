/** Every frame that an agent of the newest protocol may send, decoded from the wire. */
import { type Static, Type } from 'typebox'
import { FrameToCentral, Hello, InventoryDelta } from '../../server/protocol/link-frames.ts'
import { deltaBytes, frameDecoder, messageBytes } from '../../server/shared/frame-codec.ts'

const AnyFrame = Type.Union([Hello, InventoryDelta, FrameToCentral])
export type AnyFrame = Static<typeof AnyFrame>

const decode = frameDecoder<AnyFrame>(AnyFrame)

export function fromAgent(data: Buffer, isBinary: boolean): AnyFrame {
  return decode(deltaBytes(data, isBinary) ?? messageBytes(data, isBinary), isBinary)
}
