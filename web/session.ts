/** Who is signed in. `undefined`: not asked yet. */
import { signal } from '@preact/signals'
import type { Session } from '../server/protocol/api/session.ts'

export const session = signal<Session | null | undefined>(undefined)

export function endSession(): void {
  session.value = null
}
