/** Which machines have one of these labels; and whether labels have changed since somebody asked. */
import type { Database } from 'better-sqlite3'
import type { MachineId } from '../../protocol/ids.ts'

export interface LabelledMachine {
  machineId: MachineId
  /** In central.sqlite, inventory.sqlite and orders.sqlite alike. */
  machineNo: number
}

export interface ScopeStore {
  /** Goes up with every change of a machine's labels, in the transaction that makes it. */
  labelVersion(): number
  /** Also those that are retired. */
  machinesWith(labels: readonly string[]): LabelledMachine[]
}

export function createScopeStore(db: Database): ScopeStore {
  const version = db.prepare<[], { version: number }>('SELECT version FROM label_version')
  const machines = db.prepare<[string], LabelledMachine>(`
    SELECT m.machine_id AS machineId, m.machine_no AS machineNo FROM machine AS m
    WHERE EXISTS (
      SELECT 1 FROM machine_label AS l JOIN json_each(?) AS j ON l.label = j.value
      WHERE l.machine_no = m.machine_no)
    ORDER BY m.machine_no
  `)
  return {
    labelVersion: () => version.get()!.version,
    machinesWith: (labels) => machines.all(JSON.stringify(labels)),
  }
}
