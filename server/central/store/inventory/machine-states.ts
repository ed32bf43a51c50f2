/** What the writer knows of each machine while it works: read from the database once, written at each commit. */
import type { Database } from 'better-sqlite3'
import type { MachineId } from '../../../protocol/ids.ts'
import type { VerdictName } from '../../../protocol/stream.ts'
import { DigestSum } from './digest-sum.ts'
import type { MachineCounts, MachineInventory } from './inventory-engine.ts'
import type { Resync } from './resyncs.ts'

export interface MachineState {
  readonly machineNo: number
  readonly machineId: MachineId
  readonly counts: MachineCounts
  readonly digest: DigestSum
  /** `volume_no` by volume id. */
  readonly volumes: Map<string, number>
  epoch: string | null
  sequence: number
  resyncId: string | null
  isResyncOver: boolean
  /** The resync that goes on, if all of it was seen. */
  resync: Resync | null
}

interface MachineRow {
  machineNo: number
  machineId: MachineId
  streams: number
  marks: number
  suspicious: number
  digest: string
  epoch: string | null
  sequence: number
  resyncId: string | null
  isResyncOver: number
}

export type MachineStates = ReturnType<typeof createMachineStates>

export function createMachineStates(db: Database) {
  const statements = prepare(db)
  const states = new Map<MachineId, MachineState>()
  const changed = new Set<MachineState>()

  const load = (machineId: MachineId): MachineState | undefined => {
    const row = statements.select.get(machineId)
    if (row === undefined) return undefined
    const { streams, marks, suspicious, digest, isResyncOver, ...rest } = row
    const volumes = statements.selectVolumes.all(row.machineNo)
    const state: MachineState = {
      ...rest,
      counts: { streams, marks, suspicious },
      digest: new DigestSum(digest),
      volumes: new Map(volumes.map(({ volumeId, volumeNo }) => [volumeId, volumeNo])),
      isResyncOver: isResyncOver === 1,
      resync: null,
    }
    states.set(machineId, state)
    return state
  }

  return {
    get: (machineId: MachineId): MachineState | undefined =>
      states.get(machineId) ?? load(machineId),
    /** Its row is written at the next {@link MachineStates.flush}. */
    touch: (state: MachineState): void => void changed.add(state),
    volumeNo: (state: MachineState, volumeId: string): number => {
      let volumeNo = state.volumes.get(volumeId)
      if (volumeNo === undefined) {
        volumeNo = Number(statements.insertVolume.run(state.machineNo, volumeId).lastInsertRowid)
        state.volumes.set(volumeId, volumeNo)
      }
      return volumeNo
    },
    flush: (): void => {
      for (const state of changed) {
        statements.update.run({
          ...state.counts,
          machineNo: state.machineNo,
          digest: state.digest.toHex(),
          epoch: state.epoch,
          sequence: state.sequence,
          resyncId: state.resyncId,
          isResyncOver: state.isResyncOver ? 1 : 0,
        })
      }
      changed.clear()
    },
    forget: (): void => {
      states.clear()
      changed.clear()
    },
    all: (): { machineId: MachineId; held: MachineInventory }[] =>
      statements.selectAll.all().map(({ machineId, streams, marks, suspicious, digest }) => ({
        machineId,
        held: { counts: { streams, marks, suspicious }, digest },
      })),
  }
}

export function countStream({ counts }: MachineState, verdict: VerdictName, sign: 1 | -1): void {
  counts.streams += sign
  if (verdict === 'mark') counts.marks += sign
  if (verdict === 'suspicious') counts.suspicious += sign
}

const COLUMNS_SQL = `
  machine_no AS machineNo, machine_id AS machineId, stream_count AS streams, mark_count AS marks,
  suspicious_count AS suspicious, digest, epoch, sequence, resync_id AS resyncId,
  is_resync_over AS isResyncOver`

function prepare(db: Database) {
  return {
    select: db.prepare<[string], MachineRow>(
      `SELECT ${COLUMNS_SQL} FROM machine WHERE machine_id = ?`,
    ),
    selectAll: db.prepare<[], MachineRow>(`SELECT ${COLUMNS_SQL} FROM machine`),
    selectVolumes: db.prepare<[number], { volumeId: string; volumeNo: number }>(
      'SELECT volume_id AS volumeId, volume_no AS volumeNo FROM volume WHERE machine_no = ?',
    ),
    insertVolume: db.prepare<[number, string]>(
      'INSERT INTO volume (machine_no, volume_id) VALUES (?, ?)',
    ),
    update: db.prepare<[Record<string, unknown>]>(`
      UPDATE machine SET
        stream_count = @streams, mark_count = @marks, suspicious_count = @suspicious, digest = @digest,
        epoch = @epoch, sequence = @sequence, resync_id = @resyncId, is_resync_over = @isResyncOver
      WHERE machine_no = @machineNo
    `),
  }
}
