/**
 * A map that forgets what was not used lately: two plain maps, the younger of which takes the place of the older
 * when it is full. Asked several times for each stream that comes in, where an LRU list's upkeep was a tenth of the
 * whole work.
 */
export class RecentMap<Value> {
  readonly #maxUnits: number
  readonly #onLost: ((lost: Value) => void) | undefined
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()
  #units = 0
  #hasLost = false
  #turns = 0

  /** `maxUnits`: characters of keys in one of the two maps; an entry counts some more. */
  constructor(maxUnits: number, onLost?: (lost: Value) => void) {
    this.#maxUnits = maxUnits
    this.#onLost = onLost
  }

  /** Whether anything was forgotten, but by {@link RecentMap.clear}. */
  get hasLost(): boolean {
    return this.#hasLost
  }

  /** How often the younger map took the older one's place: an entry outlasts the next turn, and no more is sure. */
  get turns(): number {
    return this.#turns
  }

  get(key: string): Value | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    if (this.#units > this.#maxUnits) this.#turnOver()
    this.#young.set(key, value)
    this.#units += key.length + ENTRY_UNITS
  }

  #turnOver(): void {
    for (const [key, value] of this.#old) {
      if (this.#young.has(key)) continue
      this.#hasLost = true
      this.#onLost?.(value)
    }
    this.#old = this.#young
    this.#young = new Map()
    this.#units = 0
    this.#turns += 1
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
    this.#units = 0
    this.#hasLost = false
  }
}

const ENTRY_UNITS = 60
