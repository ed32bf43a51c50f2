/** The keys of machines, and whom their agents take for central. */
import type { Database } from 'better-sqlite3'
import type { MachineId } from '../../protocol/ids.ts'

export interface MachineKeyStore {
  isRevoked(machineId: MachineId): boolean
  revoke(machineId: MachineId, now: number): void
  /** From now on the machine is who holds this key, and nobody else. */
  replace(machineId: MachineId, publicKey: Buffer, now: number): void
  /** Machines in service that said this of themselves, as they were when they were there last. */
  findByFingerprint(fingerprint: string): MachineId[]
  /** What its agent said it accepts; null: nothing was heard. */
  pins(machineId: MachineId): string[] | null
  setPins(machineId: MachineId, pins: readonly string[]): void
  /** Of the machines in service, how many accept a certificate with this pin. */
  countPinning(pin: string): { machines: number; pinning: number }
}

type Named = Record<string, unknown>

export function createMachineKeyStore(db: Database): MachineKeyStore {
  const revoked = db.prepare<Named>(
    'SELECT 1 FROM machine WHERE machine_id = @machineId AND key_revoked_at IS NOT NULL',
  )
  const revoke = db.prepare<Named>(
    'UPDATE machine SET key_revoked_at = @now WHERE machine_id = @machineId',
  )
  const replace = db.prepare<Named>(`
    UPDATE machine SET public_key = @publicKey, key_since = @now, key_revoked_at = NULL
    WHERE machine_id = @machineId
  `)
  const byFingerprint = db.prepare<Named, { machineId: MachineId }>(`
    SELECT machine_id AS machineId FROM machine
    WHERE fingerprint = @fingerprint AND retired_at IS NULL LIMIT 2
  `)
  const pins = db.prepare<Named, { json: string | null }>(
    'SELECT pins_json AS json FROM machine WHERE machine_id = @machineId',
  )
  const setPins = db.prepare<Named>(
    'UPDATE machine SET pins_json = @json WHERE machine_id = @machineId',
  )
  const countPinning = db.prepare<Named, { machines: number; pinning: number }>(`
    SELECT count(*) AS machines, ifnull(sum(EXISTS (
      SELECT 1 FROM json_each(machine.pins_json) AS pin WHERE pin.value = @pin)), 0) AS pinning
    FROM machine WHERE retired_at IS NULL
  `)
  return {
    isRevoked: (machineId) => revoked.get({ machineId }) !== undefined,
    revoke: (machineId, now) => void revoke.run({ machineId, now }),
    replace: (machineId, publicKey, now) => void replace.run({ machineId, publicKey, now }),
    findByFingerprint: (fingerprint) =>
      byFingerprint.all({ fingerprint }).map(({ machineId }) => machineId),
    pins: (machineId) => {
      const json = pins.get({ machineId })?.json ?? null
      return json === null ? null : (JSON.parse(json) as string[])
    },
    setPins: (machineId, values) => void setPins.run({ machineId, json: JSON.stringify(values) }),
    countPinning: (pin) => countPinning.get({ pin })!,
  }
}
