/**
 * Up to where a journal was read lately, and from where to read it again after a scan. The system writes to the disk later than it
 * tells the journal, so a scan that reads the disk itself can miss what was looked at before it, and call it gone.
 */
interface Mark {
  readonly checkpoint: string
  readonly atMs: number
}

export class Trail {
  readonly #settleMs: number
  #marks: Mark[] = []
  /** While a scan runs and until the journal was read from there again. */
  #held: string | null = null
  #isDue = false

  /** `settleMs`: by then it is on the disk. */
  constructor(settleMs: number) {
    this.#settleMs = settleMs
  }

  add(checkpoint: string): void {
    this.#marks = this.#marks.slice(Math.max(0, this.#lastSettled()))
    this.#marks.push({ checkpoint, atMs: performance.now() })
  }

  /** A scan begins. Answers from where the journal is to be read after it; null: nothing was read yet. */
  hold(): string | null {
    this.#held ??= this.#marks[Math.max(0, this.#lastSettled())]?.checkpoint ?? null
    return this.#held
  }

  /** The scan ended. */
  release(): void {
    this.#isDue = this.#held !== null
  }

  /** From where to read now instead of going on; null: go on. */
  get due(): string | null {
    return this.#isDue ? this.#held : null
  }

  /** What is to be kept of a journal that was read up to `checkpoint`. */
  keptOf(checkpoint: string): string {
    return this.#held ?? checkpoint
  }

  /** It was read from {@link due} on. */
  done(): void {
    this.#held = null
    this.#isDue = false
  }

  clear(): void {
    this.#marks = []
    this.done()
  }

  /** -1: none is that old. */
  #lastSettled(): number {
    const settledMs = performance.now() - this.#settleMs
    return this.#marks.findLastIndex(({ atMs }) => atMs <= settledMs)
  }
}
