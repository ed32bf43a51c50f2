/** A set of row ids: a bit each, where a Set of numbers would take some forty bytes. */
export class IdSet {
  #bits = new Uint8Array(1_024)

  add(id: number): void {
    const index = id >>> 3
    if (index >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(index + 1, this.#bits.length * 2))
      grown.set(this.#bits)
      this.#bits = grown
    }
    this.#bits[index] = this.#bits[index]! | (1 << (id & 7))
  }

  has(id: number): boolean {
    return ((this.#bits[id >>> 3] ?? 0) & (1 << (id & 7))) !== 0
  }
}
