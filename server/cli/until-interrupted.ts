import type { Terminal } from './terminal.ts'

/** Resolves at Ctrl-C or SIGTERM, which is how a server is meant to end. */
export function untilInterrupted({ signal }: Terminal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
