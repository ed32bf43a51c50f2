/** Says which places could not be looked at: all of them in `--errors FILE`, else the first few. */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { NativeUnreadable } from '../../native/addon.ts'
import { displayName } from '../streams/display-name.ts'
import { CliError } from './cli-error.ts'
import { counted, humanCount } from './human.ts'

const SHOWN = 5

export class UnreadableReport {
  readonly #file: { readonly path: string; readonly descriptor: number } | null
  readonly #first: NativeUnreadable[] = []
  #count = 0

  /** Opens `file` at once: to find out after an hour that it cannot be written would be too late. */
  constructor(file: string | undefined) {
    this.#file = file === undefined ? null : { path: file, descriptor: openForWriting(file) }
  }

  add(target: string, places: readonly NativeUnreadable[]): void {
    this.#count += places.length
    for (const place of places) {
      if (this.#first.length === SHOWN) break
      this.#first.push(place)
    }
    if (this.#file === null || places.length === 0) return
    writeSync(
      this.#file.descriptor,
      places.map((place) => `${JSON.stringify({ target, ...place })}\n`).join(''),
    )
  }

  /** Lines for people, after the listing. */
  close(): string[] {
    if (this.#file !== null) closeSync(this.#file.descriptor)
    if (this.#count === 0) return []
    if (this.#file !== null) {
      return [`${counted(this.#count, 'unreadable place')} in ${displayName(this.#file.path)}`]
    }
    const lines = this.#first.map(describe)
    const more = this.#count - lines.length
    return more === 0 ? lines : [...lines, `… and ${humanCount(more)} more: --errors FILE has them`]
  }
}

function describe({ path, stream, code, message }: NativeUnreadable): string {
  const name = stream === null ? displayName(path) : `${displayName(path)}:${displayName(stream)}`
  return `unreadable: ${name}: ${displayName(message)} [${code}]`
}

function openForWriting(file: string): number {
  try {
    return openSync(file, 'w')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new CliError(code ?? 'EIO', `cannot write the --errors file: ${message}`, { cause })
  }
}
