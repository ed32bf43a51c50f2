/**
 * Standard output and error of one run, and the one signal that ends it early: Ctrl-C or SIGTERM.
 * Commands write through here so that they wait for a slow reader and stop for one that has left
 * (`| head`).
 */
import type { ReadStream, WriteStream } from 'node:tty'

/** Why a run ends early. Not an error of the command. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`)
    this.signal = signal
  }
}

/** The second is what every write after the first failing one gets. */
const READER_IS_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED'])

export interface TerminalOptions {
  readonly stdout: WriteStream
  readonly stderr: WriteStream
  /** Where a person can answer. */
  readonly stdin?: () => ReadStream
  /** By `NO_COLOR` (https://no-color.org). */
  readonly isColorOff: boolean
}

export class Terminal {
  readonly isOutputTerminal: boolean
  readonly isErrorTerminal: boolean
  readonly hasColor: boolean
  readonly #stdout: WriteStream
  readonly #stderr: WriteStream
  readonly #stdin: (() => ReadStream) | undefined
  readonly #end = new AbortController()

  constructor({ stdout, stderr, stdin, isColorOff }: TerminalOptions) {
    this.#stdin = stdin
    this.#stdout = stdout
    this.#stderr = stderr
    this.isOutputTerminal = stdout.isTTY === true
    this.isErrorTerminal = stderr.isTTY === true
    this.hasColor = this.isOutputTerminal && !isColorOff
    // Without listeners a broken pipe would be an uncaught exception. write() tells of standard output's;
    // what standard error has lost nobody reads.
    stderr.on('error', () => {})
    stdout.on('error', () => {})
  }

  /** Aborts with {@link Interrupted}. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  /** Columns of the terminal, or null where the output is not one and lines may have any length. */
  get columns(): number | null {
    return this.isOutputTerminal ? this.#stdout.columns || 80 : null
  }

  interrupt(signal: NodeJS.Signals): void {
    this.#end.abort(new Interrupted(signal))
  }

  /** Resolves when the text is handed over; rejects with {@link Interrupted} when the reader is gone. */
  write(data: string | Uint8Array): Promise<void> {
    if (data.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#stdout.write(data, (error) => {
        if (!error) resolve()
        else if (READER_IS_GONE.has((error as NodeJS.ErrnoException).code)) {
          reject(new Interrupted('SIGPIPE'))
        } else reject(error)
      })
    })
  }

  /** Whether there is a person to ask: both ends are a terminal. */
  get canAsk(): boolean {
    return this.isOutputTerminal && this.#stdin?.().isTTY === true
  }

  /** True for `y` or `yes`. Rejects when interrupted. */
  async confirm(question: string): Promise<boolean> {
    if (!this.#stdin) return false
    const { createInterface } = await import('node:readline/promises')
    const line = createInterface({ input: this.#stdin(), output: this.#stderr })
    try {
      const answer = await line.question(`${question} [y/N] `, { signal: this.signal })
      return /^y(es)?$/i.test(answer.trim())
    } finally {
      line.close()
    }
  }

  /** A line for people, on standard error. */
  note(line: string): void {
    this.#stderr.write(`${line}\n`)
  }

  /** For the progress bar alone, which draws on it. */
  get errorStream(): WriteStream {
    return this.#stderr
  }
}
