/** Who is signed in, and what of the console is theirs. `undefined`: not asked yet. */
import { signal } from '@preact/signals'
import type { PermissionName } from '../server/protocol/api/permission-table.ts'
import type { Session } from '../server/protocol/api/session.ts'

export const session = signal<Session | null | undefined>(undefined)

export function endSession(): void {
  session.value = null
}

/** Whether one is for some machines only. */
export function isScoped(): boolean {
  return session.value != null && session.value.scope !== null
}

/** Hides what central would refuse. Central checks again; this only spares people the refusal. */
export function may(permission: PermissionName): boolean {
  return session.value?.permissions.includes(permission) ?? false
}
