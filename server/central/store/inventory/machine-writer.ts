/** Machines and their volumes in the inventory: copies of what central.sqlite knows, and resume points. */
import type { Database } from 'better-sqlite3'
import { searchForm } from '../../../streams/query/search-form.ts'
import type { KnownMachine, ResumePoint, ScannedVolumeState } from './inventory-engine.ts'
import type { MachineState, MachineStates } from './machine-states.ts'

export function createMachineWriter(db: Database, states: MachineStates) {
  const upsertMachine = db.prepare<[number, string, string]>(`
    INSERT INTO machine (machine_no, machine_id, hostname) VALUES (?, ?, ?)
    ON CONFLICT (machine_id) DO UPDATE SET hostname = excluded.hostname
    WHERE hostname <> excluded.hostname COLLATE BINARY
  `)
  const deleteLabels = db.prepare<[number]>('DELETE FROM machine_label WHERE machine_no = ?')
  const insertLabel = db.prepare<[string, number]>(
    'INSERT OR IGNORE INTO machine_label (label, machine_no) VALUES (?, ?)',
  )
  const selectLabels = db.prepare<[number], { label: string }>(
    'SELECT label FROM machine_label WHERE machine_no = ? ORDER BY label COLLATE BINARY',
  )
  const updateVolume = db.prepare<[number, number | null, number]>(`
    UPDATE volume SET is_writable = ?, confirmed_at = ifnull(?, confirmed_at) WHERE volume_no = ?
  `)

  const putLabels = (machineNo: number, labels: readonly string[]): void => {
    const wanted = [...new Set(labels.map(searchForm))].sort()
    const held = selectLabels.all(machineNo).map(({ label }) => label)
    if (JSON.stringify(held) === JSON.stringify(wanted)) return
    deleteLabels.run(machineNo)
    for (const label of wanted) insertLabel.run(label, machineNo)
  }

  return {
    put: (machines: readonly KnownMachine[]): undefined => {
      for (const { machineNo, machineId, hostname, labels } of machines) {
        upsertMachine.run(machineNo, machineId, searchForm(hostname))
        putLabels(machineNo, labels)
      }
    },

    setVolumes: (state: MachineState, volumes: readonly ScannedVolumeState[]): undefined => {
      for (const { volumeId, isWritable, confirmedAt } of volumes) {
        updateVolume.run(isWritable ? 1 : 0, confirmedAt, states.volumeNo(state, volumeId))
      }
    },

    beginConnection: (state: MachineState, epoch: string | null): ResumePoint => {
      // A resync that another connection began is never ended.
      state.resync = null
      if (state.epoch !== epoch) {
        state.epoch = epoch
        state.sequence = 0
        states.touch(state)
      }
      return {
        epoch,
        sequence: state.sequence,
        count: state.counts.streams,
        digest: state.digest.toHex(),
      }
    },
  }
}
