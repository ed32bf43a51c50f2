/** A Python process that builds trees, writes into them and reads them: see disk.py, whose requests these are. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { onTestFinished } from 'vitest'

export interface Entry {
  readonly path: string
  readonly kind: 'file' | 'directory'
  readonly content: string
  readonly mode: number
  readonly mtimeNs: string
  readonly atimeNs: string
  /** Further hard links. */
  readonly links: readonly string[]
  /** Name → bytes, base64. */
  readonly streams: Readonly<Record<string, string>>
}

/** One file, folder or symbolic link as the disk has it, whatever its paths are. */
export interface Found {
  readonly ino: string
  readonly paths: readonly string[]
  readonly mode: number
  readonly uid: number
  readonly links: number
  readonly mtimeNs: string
  readonly atimeNs: string
  /** Of the content; of a symbolic link, where it leads. */
  readonly sha256: string
  /** Name → bytes, base64. */
  readonly streams: Readonly<Record<string, string>>
  /** Extended attributes that are no streams. */
  readonly others: Readonly<Record<string, string>>
}

/** By inode number. */
export type Snapshot = Readonly<Record<string, Found>>

export interface Operation {
  readonly what: 'write' | 'remove' | 'append' | 'delete' | 'replace' | 'rename' | 'swap'
  readonly path: string
  readonly stream: string
  readonly text: string
  /** Where it is moved, or where its replacement is made. */
  readonly to: string
  /** Where the link leads that it is swapped for. */
  readonly link: string
  /** Of the replacement. */
  readonly streams: Readonly<Record<string, string>>
  /** After the one before. */
  readonly delayUs: number
}

/** What the writer did, in its own words. */
export interface Deed {
  readonly operation: Operation
  /** What the stream holds since; null: there is none. */
  readonly value: string | null
  readonly ino: string
  /** The replacement's, or the link's. */
  readonly made: string
  /** The folder's that it happened in. */
  readonly parent: string
  /** After an append. */
  readonly mtimeNs: string
  readonly isDone: boolean
  /** By the clock of process.hrtime. */
  readonly from: string
  readonly to: string
}

export class Disk {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>

  /** For use inside a test, with which it ends. */
  constructor() {
    const program = join(import.meta.dirname, 'disk.py')
    this.#child = spawn('python3', [program], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    onTestFinished(() => void this.#child.kill())
  }

  async build(entries: readonly Entry[]): Promise<void> {
    await this.#ask({ do: 'build', entries })
  }
  async snapshot(root: string): Promise<Snapshot> {
    return (await this.#ask({ do: 'snapshot', root })) as Snapshot
  }
  async meddle(operations: readonly Operation[]): Promise<Deed[]> {
    const done = (await this.#ask({ do: 'meddle', operations })) as Omit<Deed, 'operation'>[]
    return done.map((deed, at) => ({ ...deed, operation: operations[at]! }))
  }
  async remove(root: string): Promise<void> {
    await this.#ask({ do: 'remove', root })
  }

  /** One question at a time. */
  async #ask(request: object): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('disk.py ended; what it said stands above')
    return JSON.parse(value)
  }
}
