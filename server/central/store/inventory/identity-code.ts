/**
 * A carrier's identity as it is stored. An NTFS file reference, `ntfs:<decimal>`, has its sequence number in
 * the highest 16 of 64 bits and so is always a large number; with the sequence number lowest it is a small one,
 * and a column of millions takes half the space. What does not fit that form, or would not come back letter by
 * letter, stays text.
 */

const CANONICAL = /^ntfs:(0|[1-9][0-9]{0,19})$/
const RECORD_BITS = 48n
const MAX_REFERENCE = (1n << 64n) - 1n
/** Below 256: record * 512 + sequence * 2; above, record * 131072 + sequence * 2 + 1. */
const SHORT = 0x100
const LONG = 0x1_0000
/** So that the code stays a whole number in a double. */
const MAX_RECORD = 2 ** 36

export function encodeIdentity(identity: string): number | string {
  if (!CANONICAL.test(identity)) return identity
  const digits = identity.slice(5)
  const [record, sequence] = digits.length < 16 ? splitSmall(Number(digits)) : split(BigInt(digits))
  if (record >= MAX_RECORD || sequence >= LONG) return identity
  return sequence < SHORT ? (record * SHORT + sequence) * 2 : (record * LONG + sequence) * 2 + 1
}

export function decodeIdentity(code: number | string): string {
  if (typeof code === 'string') return code
  const unit = code % 2 === 0 ? SHORT : LONG
  const half = Math.floor(code / 2)
  const [record, sequence] = [Math.floor(half / unit), half % unit]
  const reference = sequence * 2 ** 48 + record
  const exact =
    reference <= Number.MAX_SAFE_INTEGER
      ? reference
      : (BigInt(sequence) << RECORD_BITS) | BigInt(record)
  return `ntfs:${exact}`
}

/** Up to 15 digits are exact in a double. */
function splitSmall(reference: number): [number, number] {
  return [reference % 2 ** 48, Math.floor(reference / 2 ** 48)]
}

/** Beyond 64 bits it is no reference: a sequence that is too large keeps it text. */
function split(reference: bigint): [number, number] {
  if (reference > MAX_REFERENCE) return [0, LONG]
  return [Number(reference & ((1n << RECORD_BITS) - 1n)), Number(reference >> RECORD_BITS)]
}
