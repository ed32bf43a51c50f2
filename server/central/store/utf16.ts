/** Text that a TEXT column would change, because it is no valid Unicode: kept as its UTF-16LE bytes. */

export function toUtf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le')
}

export function fromUtf16(blob: Buffer): string {
  return blob.toString('utf16le')
}
