/**
 * A map that forgets what was not used lately: two plain maps, the younger of which takes the place of the older
 * when it is full. Asked several times for each stream that comes in, where an LRU list's upkeep was a tenth of the
 * whole work.
 */
export class RecentMap<Value> {
  readonly #maxUnits: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()
  #units = 0

  /** `maxUnits`: characters of keys in one of the two maps; an entry counts some more. */
  constructor(maxUnits: number) {
    this.#maxUnits = maxUnits
  }

  get(key: string): Value | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    if (this.#units > this.#maxUnits) {
      this.#old = this.#young
      this.#young = new Map()
      this.#units = 0
    }
    this.#young.set(key, value)
    this.#units += key.length + ENTRY_UNITS
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
    this.#units = 0
  }
}

const ENTRY_UNITS = 60
