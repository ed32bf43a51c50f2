/** Carriers of every awkward kind, written from Linux onto a volume that Windows then lists. */
import { createHash } from 'node:crypto'
import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { python } from '../../support/ntfs-3g-volume.ts'

export const MARK =
  '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://downloads.example.com/setup.exe\r\n'
export const MANY = 150

export const sha256 = (bytes: string | Uint8Array) =>
  createHash('sha256').update(bytes).digest('hex')

/** Bytes that do not repeat within a step of the reader. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 9) * 7) & 0xff
  return bytes
}

export function writeAwkwardCarriers(folder: string): void {
  const file = (...parts: string[]) => join(folder, ...parts)
  writeFileSync(file('plain.txt'), 'no stream')
  writeFileSync(file('setup.exe'), 'MZ')
  writeFileSync(file('setup.exe:Zone.Identifier'), MARK)
  writeFileSync(file('grün 日本 😀.txt'), 'unicode')
  writeFileSync(file('grün 日本 😀.txt:ß-поток-😀'), 'both names')
  writeFileSync(file(`${'f'.repeat(251)}.txt`), 'long name')
  writeFileSync(file(`${'f'.repeat(251)}.txt:${'s'.repeat(255)}`), 'long stream name')
  writeFileSync(file('odd.txt'), '')
  for (const name of [' leading', 'trailing ', 'trailing.', '$DATA', 'ZONE.identifier']) {
    writeFileSync(file(`odd.txt:${name}`), `called ${JSON.stringify(name)}`)
  }
  writeFileSync(file('sizes.bin'), noise(5000))
  writeFileSync(file('sizes.bin:empty'), '')
  writeFileSync(file('sizes.bin:resident'), noise(10))
  writeFileSync(file('sizes.bin:three-megabytes'), noise(3 * 1024 * 1024 + 17))
  writeFileSync(file('many.txt'), '')
  for (let i = 0; i < MANY; i++) writeFileSync(file(`many.txt:stream-${i}`), `content ${i}`)
  mkdirSync(file('folder', 'inner', 'empty'), { recursive: true })
  writeFileSync(file('folder:of a folder'), 'on a folder')
  writeFileSync(file('folder', 'inner:deeper'), 'on an inner folder')
  writeFileSync(file('linked.txt'), 'one file, three names')
  writeFileSync(file('linked.txt:Zone.Identifier'), MARK)
  linkSync(file('linked.txt'), file('folder', 'also linked.txt'))
  linkSync(file('linked.txt'), file('folder', 'inner', 'linked again.txt'))
  let deep = folder
  for (let depth = 0; depth < 6; depth++) {
    deep = join(deep, `level-${depth}-${'x'.repeat(50)}`)
    mkdirSync(deep)
  }
  writeFileSync(join(deep, 'deep.txt'), 'below 300 characters of path')
  writeFileSync(join(deep, 'deep.txt:Zone.Identifier'), MARK)
}

/**
 * Names that NTFS takes and Wine cannot open a stream by. Node cannot write them all, Python can. Returns
 * `path:stream` of each, in order.
 */
export function writeNamesBeyondWine(folder: string): string[] {
  const names: [file: string, stream: string][] = [
    ['ends with dot.', 's'],
    ['odd names.txt', '\u0005'],
    ['odd names.txt', '"quoted"'],
    ['odd names.txt', 'a\ud800b'],
    ['odd names.txt', 'new\nline'],
  ]
  python(
    `import json, os, sys
for file, stream in json.load(sys.stdin):
    path = os.path.join(os.fsencode(sys.argv[1]), file.encode())
    open(path, "ab").close()
    open(path + b":" + stream.encode("utf-8", "surrogatepass"), "wb").write(b"12345")`,
    [folder],
    names,
  )
  return names.map(([file, stream]) => `${file}:${stream}`)
}
