/**
 * Slows guessing down without a way to lock somebody else out: what is counted are the failures of one address for one
 * name, so the owner of the name, elsewhere, signs in as ever. Guessing from many addresses meets the cost of
 * argon2id and the limit that each address has over all names.
 */
import { LRUCache } from 'lru-cache'
import { AppError } from '../../shared/app-error.ts'
import type { Clock } from '../../shared/clock.ts'

/** Typing errors that cost nothing. */
const FREE_FAILURES = 5
const FIRST_WAIT_MS = 30_000
const LONGEST_WAIT_MS = 15 * 60_000
/** Bounds what a stranger can make us remember. */
const MAX_REMEMBERED = 10_000

interface Failures {
  count: number
  waitUntil: number
}

export interface SignInLimit {
  /** Throws SIGN_IN_PAUSED while this address has to wait for this name. */
  check(username: string, address: string): void
  failed(username: string, address: string): void
  succeeded(username: string, address: string): void
}

export function createSignInLimit(clock: Clock): SignInLimit {
  const remembered = new LRUCache<string, Failures>({ max: MAX_REMEMBERED })
  const key = (username: string, address: string): string => `${username.toLowerCase()}\n${address}`
  return {
    check: (username, address) => {
      const waitMs = (remembered.get(key(username, address))?.waitUntil ?? 0) - clock.now()
      if (waitMs <= 0) return
      const seconds = Math.ceil(waitMs / 1000)
      throw new AppError(
        'SIGN_IN_PAUSED',
        429,
        `too many failed attempts from this address; try again in ${seconds} s`,
        { details: { retryAfterSeconds: seconds } },
      )
    },
    failed: (username, address) => {
      const count = (remembered.get(key(username, address))?.count ?? 0) + 1
      const waitMs =
        count < FREE_FAILURES
          ? 0
          : Math.min(FIRST_WAIT_MS * 2 ** (count - FREE_FAILURES), LONGEST_WAIT_MS)
      remembered.set(key(username, address), { count, waitUntil: clock.now() + waitMs })
    },
    succeeded: (username, address) => void remembered.delete(key(username, address)),
  }
}
