/** A folder of files with streams as Samba keeps them, and the proof that we and getfattr see the same. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sidestreamCommand } from './sidestream-command.ts'

/** Three in ten are marked; a mark of this size does not fit the inode, as real ones do not. */
const MAKE = `
import os, sys
root, files = sys.argv[1], int(sys.argv[2])
mark = b"[ZoneTransfer]\\r\\nZoneId=3\\r\\nReferrerUrl=https://www.vendor.example/downloads/\\r\\nHostUrl=https://cdn.vendor.example/%d.exe\\r\\n\\0"
for n in range(files):
    if n % 25 == 0:
        folder = os.path.join(root, "department %d" % (n // 2500), "project %d" % (n // 25))
        os.makedirs(folder)
    path = os.path.join(folder, "document %d.docx" % n)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    if n % 10 < 3: os.setxattr(path, b"user.DosStream.Zone.Identifier:$DATA", mark % n)
`

export function liveTree(folder: string, files: number): string {
  const tree = join(folder, `live-${files}`)
  if (existsSync(tree)) return tree
  console.log(`making a folder of ${files} files …`)
  rmSync(`${tree}.new`, { recursive: true, force: true })
  execFileSync('python3', ['-c', MAKE, `${tree}.new`, String(files)])
  renameSync(`${tree}.new`, tree)
  return tree
}

interface Listing {
  readonly streams: number
  /** Of path, stream name and content of every stream. */
  readonly digest: string
}

export function listedByUs(tree: string): Listing {
  const [command, ...args] = sidestreamCommand('scan', tree, '--format', 'ndjson', '--content')
  const rows = lines(command!, args).map((line) => {
    const { path, stream, content } = JSON.parse(line) as Record<string, string>
    return `${path}\t${stream}\t${content}`
  })
  return digestOf(rows)
}

/** Reads getfattr's dump: a line for the file, then one for each attribute, values in base64. */
export function listedByGetfattr(tree: string): Listing {
  const rows: string[] = []
  let path = ''
  for (const line of lines('getfattr', [
    '-R',
    '-d',
    '-m',
    '-',
    '-e',
    'base64',
    '--absolute-names',
    tree,
  ])) {
    if (line.startsWith('# file: ')) path = line.slice('# file: '.length)
    const attribute = /^user\.DosStream\.(.*):\$DATA=0s(.*)$/.exec(line)
    if (attribute === null) continue
    // Samba's one byte more at the end.
    const value = Buffer.from(attribute[2]!, 'base64').subarray(0, -1).toString('base64')
    rows.push(`${unescaped(path)}\t${attribute[1]}\t${value}`)
  }
  return digestOf(rows)
}

function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
}

function lines(command: string, args: readonly string[]): string[] {
  const text = execFileSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return text.split('\n').filter((line) => line !== '')
}

function digestOf(rows: string[]): Listing {
  const hash = createHash('sha256')
  for (const row of rows.sort()) hash.update(`${row}\n`)
  return { streams: rows.length, digest: hash.digest('hex') }
}
