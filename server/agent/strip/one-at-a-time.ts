/**
 * Runs pieces of work one after another, in the order asked for. Two requests for the same target must
 * not both find the journal empty.
 */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve()

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work)
    // The queue goes on after a failure, which is its caller's to handle.
    this.#last = result.catch(() => undefined)
    return result
  }

  /** Settles when everything asked for so far is done. */
  async idle(): Promise<void> {
    await this.#last
  }
}
