import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for something that real processes and sockets make true in their own time. */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  what = 'the condition',
  timeoutMs = 20_000,
): Promise<void> {
  const endMs = Date.now() + timeoutMs
  while (!(await isTrue())) {
    if (Date.now() > endMs) throw new Error(`${what} did not become true in ${timeoutMs} ms`)
    await sleep(15)
  }
}
