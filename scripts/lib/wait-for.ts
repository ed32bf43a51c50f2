import { setTimeout as sleep } from 'node:timers/promises'

/** Asks until the answer is there; what `ask` throws ends the wait. The error says what never came. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await sleep(50)
  }
  throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`)
}
