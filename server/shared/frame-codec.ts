/**
 * Frames of the agent link, to and from the wire: the only JSON.parse of what a peer sent. Small messages
 * go as JSON text, larger ones as zstd-compressed JSON in a binary frame.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { MAX_FRAME_BYTES } from '../protocol/limits.ts'

/** Below this, compression costs more than it saves. */
const COMPRESS_FROM_BYTES = 1_024

/** A peer sent what is no frame of the protocol. The connection is of no more use. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

export function encodeFrame(frame: object): string | Buffer {
  const text = JSON.stringify(frame)
  if (text.length < COMPRESS_FROM_BYTES) return text
  return zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 3 } })
}

/** Makes the decoder of one direction. The result is fully checked against the schema. */
export function frameDecoder<Frame>(schema: TSchema): (data: Buffer, isBinary: boolean) => Frame {
  const validator = Compile(schema)
  return (data, isBinary) => {
    const value = parseJson(isBinary ? decompress(data) : data)
    if (validator.Check(value)) return value as Frame
    throw new FrameError(`not a frame of this protocol: ${firstFault(validator.Errors(value))}`)
  }
}

function decompress(data: Buffer): Buffer {
  try {
    return zstdDecompressSync(data, { maxOutputLength: MAX_FRAME_BYTES })
  } catch (cause) {
    throw new FrameError('a binary frame is no zstd data, or too large', { cause })
  }
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'))
  } catch (cause) {
    throw new FrameError('a frame is no JSON', { cause })
  }
}

function firstFault(errors: Iterable<{ instancePath: string; message: string }>): string {
  for (const error of errors) return `${error.instancePath || '/'} ${error.message}`
  return 'unknown type'
}
