const LINE_BYTES = 16

/** Lines of offset, hex and ASCII, like `xxd`. */
export function hexDump(bytes: Uint8Array, offset: number): string {
  let dump = ''
  for (let start = 0; start < bytes.length; start += LINE_BYTES) {
    const line = bytes.subarray(start, start + LINE_BYTES)
    const hex = Array.from(line, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const ascii = Array.from(line, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
    ).join('')
    const position = (offset + start).toString(16).padStart(8, '0')
    dump += `${position}  ${hex.padEnd(3 * LINE_BYTES)} ${ascii}\n`
  }
  return dump
}
