/**
 * Operations, and what came of them, as columns: a few values cross the boundary however many operations
 * there are. To read an object's fields in C++, and to make them there, would take longer than what the disk
 * has to do for a small stream.
 */
import type {
  NativeAddon,
  NativeError,
  NativeOperation,
  NativeOperationResult,
  RemoveOutcome,
} from './addon.ts'

/** Row `i` of `texts` has four parts, which end at `textEnds[4 * i]` and so on: path, identity, stream, SHA-256. */
export interface OperationColumns {
  /** Indexes of {@link ACTS}. */
  readonly acts: Uint8Array
  readonly texts: string
  readonly textEnds: Uint32Array
  /** Of a look `mostBytes`, else the expected size. */
  readonly numbers: BigUint64Array
  /** Of each operation that writes, in their order. */
  readonly bytes: readonly Uint8Array[]
}

/** One row for each operation; values that it has nothing for are 0. */
export interface ResultColumns {
  /** Indexes of {@link OUTCOMES}. */
  readonly outcomes: Uint8Array
  /** Bit 0: directory. Bit 1: `sizes` is valid. Bit 2: it has content. */
  readonly flags: Uint8Array
  readonly sizes: Float64Array
  readonly modifiedNs: BigInt64Array
  readonly content: Uint8Array
  readonly contentEnds: Float64Array
  /** 64 digits for each row that has content. */
  readonly sha256: string
  /** Sparse: row and value by turns. */
  readonly errors: readonly (number | NativeError)[]
  readonly names: readonly (number | readonly string[])[]
}

export type CarryOutColumns = (
  target: string,
  operations: OperationColumns,
  hints?: Parameters<NativeAddon['carryOut']>[2],
) => Promise<ResultColumns>

const ACTS: readonly NativeOperation['act'][] = ['look', 'remove', 'replace', 'create']
const OUTCOMES: readonly RemoveOutcome[] = ['done', 'gone', 'changed']
const [IS_DIRECTORY, HAS_SIZE, HAS_CONTENT] = [1, 2, 4]
const HEX_DIGITS = 64
const PARTS = 4

/** The call of the contract, made of the one that takes columns. */
export function carryOutOf(native: CarryOutColumns): NativeAddon['carryOut'] {
  return async (target, operations, hints) =>
    toResults(await native(target, toColumns(operations), hints), operations.length)
}

function toColumns(operations: readonly NativeOperation[]): OperationColumns {
  const count = operations.length
  const acts = new Uint8Array(count)
  const numbers = new BigUint64Array(count)
  const texts: string[] = []
  const textEnds = new Uint32Array(count * PARTS)
  const bytes: Uint8Array[] = []
  let end = 0
  let part = 0
  const add = (text: string) => {
    if (typeof text !== 'string') throw new TypeError('carryOut: operations: expected strings')
    texts.push(text)
    end += text.length
    textEnds[part++] = end
  }
  for (let at = 0; at < count; at++) {
    const operation = operations[at]!
    const { act } = operation
    acts[at] = ACTS.indexOf(act)
    add(operation.path)
    add(operation.identity)
    add(operation.stream)
    const expected = act === 'remove' || act === 'replace' ? operation.expected : null
    add(expected === null ? '' : expected.sha256)
    if (expected !== null) numbers[at] = expected.size
    else if (act === 'look') numbers[at] = BigInt(operation.mostBytes)
    if (act === 'replace' || act === 'create') bytes.push(operation.bytes)
  }
  return { acts, texts: texts.join(''), textEnds, numbers, bytes }
}

function toResults(columns: ResultColumns, count: number): NativeOperationResult[] {
  const { outcomes, flags, sizes, modifiedNs, content, contentEnds, sha256 } = columns
  const results = new Array<NativeOperationResult>(count)
  let start = 0
  let digit = 0
  for (let at = 0; at < count; at++) {
    const flag = flags[at]!
    const hasContent = (flag & HAS_CONTENT) !== 0
    const end = contentEnds[at]!
    const isDirectory = (flag & IS_DIRECTORY) !== 0
    const outcome = OUTCOMES[outcomes[at]!]!
    const modified = modifiedNs[at]!
    const size = sizes[at]!
    if (hasContent) {
      const bytes = content.subarray(start, end)
      const hex = sha256.slice(digit, digit + HEX_DIGITS)
      results[at] = {
        outcome,
        isDirectory,
        modifiedNs: modified,
        size,
        content: bytes,
        sha256: hex,
      }
    } else if ((flag & HAS_SIZE) !== 0) {
      results[at] = { outcome, isDirectory, modifiedNs: modified, size }
    } else {
      results[at] = { outcome, isDirectory, modifiedNs: modified }
    }
    start = end
    if (hasContent) digit += HEX_DIGITS
  }
  for (const [at, names] of pairsOf(columns.names)) results[at] = { ...results[at]!, names }
  for (const [at, error] of pairsOf(columns.errors)) results[at] = { error }
  return results
}

function* pairsOf<Value>(sparse: readonly (number | Value)[]): Generator<[number, Value]> {
  for (let at = 0; at < sparse.length; at += 2)
    yield [sparse[at] as number, sparse[at + 1] as Value]
}
