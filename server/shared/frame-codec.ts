/**
 * Frames of the agent link, to and from the wire: the only JSON.parse of what a peer sent. Small messages
 * go as JSON text, larger ones as zstd-compressed JSON in a binary frame.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { MAX_FRAME_BYTES } from '../protocol/limits.ts'
import { BINARY_KINDS } from '../protocol/link-frames.ts'

/** Below this, compression costs more than it saves. */
const COMPRESS_FROM_BYTES = 1_024

/** A peer sent what is no frame of the protocol. The connection is of no more use. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** To an agent, and either way in protocol 1: a binary frame is compressed JSON and nothing else. */
export function encodeFrame(frame: object): string | Buffer {
  const text = JSON.stringify(frame)
  return text.length < COMPRESS_FROM_BYTES ? text : compress(text)
}

/** To central: a binary frame begins with its kind. */
export function encodeToCentral(frame: object): string | Buffer {
  const text = JSON.stringify(frame)
  return text.length < COMPRESS_FROM_BYTES ? text : withKind(BINARY_KINDS.message, text)
}

/** A delta is binary whatever its size: central does not open it where it comes in. */
export function encodeDelta(delta: object): Buffer {
  return withKind(BINARY_KINDS.delta, JSON.stringify(delta))
}

/** The compressed part of a delta from the wire, or null where the frame is something else. */
export function deltaBytes(data: Buffer, isBinary: boolean): Buffer | null {
  return isBinary && data[0] === BINARY_KINDS.delta ? data.subarray(1) : null
}

/** A binary frame to central, that is no delta, without its kind. */
export function messageBytes(data: Buffer, isBinary: boolean): Buffer {
  if (!isBinary) return data
  if (data[0] === BINARY_KINDS.message) return data.subarray(1)
  throw new FrameError(`a binary frame of unknown kind ${data[0] ?? 'none'}`)
}

export interface FrameDecoder<Frame> {
  (data: Buffer, isBinary: boolean): Frame
  /** Of what was parsed already. */
  check(value: unknown): Frame
}

/** Makes the decoder of one direction. The result is fully checked against the schema. */
export function frameDecoder<Frame>(schema: TSchema): FrameDecoder<Frame> {
  const validator = Compile(schema)
  const check = (value: unknown): Frame => {
    if (validator.Check(value)) return value as Frame
    throw new FrameError(`not a frame of this protocol: ${firstFault(validator.Errors(value))}`)
  }
  const decode = (data: Buffer, isBinary: boolean): Frame => check(parseFrame(data, isBinary))
  return Object.assign(decode, { check })
}

/** `maxBytes` of JSON, whatever a zstd header claims. */
export function parseFrame(data: Buffer, isBinary: boolean, maxBytes = MAX_FRAME_BYTES): unknown {
  const json = isBinary ? decompress(data, maxBytes) : data
  try {
    return JSON.parse(json.toString('utf8'))
  } catch (cause) {
    throw new FrameError('a frame is no JSON', { cause })
  }
}

function compress(text: string): Buffer {
  return zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 3 } })
}

function withKind(kind: number, text: string): Buffer {
  return Buffer.concat([Buffer.of(kind), compress(text)])
}

function decompress(data: Buffer, maxOutputLength: number): Buffer {
  try {
    return zstdDecompressSync(data, { maxOutputLength })
  } catch (cause) {
    throw new FrameError('a binary frame is no zstd data, or too large', { cause })
  }
}

function firstFault(errors: Iterable<{ instancePath: string; message: string }>): string {
  for (const error of errors) return `${error.instancePath || '/'} ${error.message}`
  return 'unknown type'
}
