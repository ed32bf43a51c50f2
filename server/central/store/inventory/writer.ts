/**
 * The one that writes inventory.sqlite: jobs in, answers out. Jobs that wait together share a transaction, so that
 * a disk's flush is paid once; their answers come only when it is committed.
 */
import type { Database } from 'better-sqlite3'
import type { MachineId } from '../../../protocol/ids.ts'
import { createDeltaWriter, type WriterParts } from './delta-writer.ts'
import { createDictionaries } from './dictionaries.ts'
import { createFirstSeen } from './first-seen.ts'
import { createImporter, type ImportedStream } from './import-streams.ts'
import {
  type DeltaApplied,
  DeltaRefused,
  type KnownMachine,
  type ResumePoint,
  type ScannedVolumeState,
} from './inventory-engine.ts'
import { createItems, ItemUntold } from './items.ts'
import { createLiveCounts } from './live-counts.ts'
import { createMachineStates, type MachineState } from './machine-states.ts'
import { createMachineWriter } from './machine-writer.ts'
import { createPreparer, type PreparedDelta } from './prepared-delta.ts'
import { createPruner } from './pruner.ts'
import type { StoredDelta } from './stored-delta.ts'

export type { ImportedStream }

export type WriteJob = ApplyJob<StoredDelta> | OtherJob

/** As the writer takes it; see {@link prepareJobs}. */
export type PreparedJob = ApplyJob<PreparedDelta> | OtherJob

interface ApplyJob<Delta> {
  kind: 'apply'
  machineId: MachineId
  delta: Delta
  now: number
}

type OtherJob =
  | { kind: 'putMachines'; machines: readonly KnownMachine[] }
  | { kind: 'setVolumes'; machineId: MachineId; volumes: readonly ScannedVolumeState[] }
  | { kind: 'beginConnection'; machineId: MachineId; epoch: string | null }
  /** Best alone: where it fails, deltas before it would not know their items any more. */
  | { kind: 'prune'; goneBefore: number; limit: number }
  | { kind: 'import'; streams: readonly ImportedStream[] }
  /** No number below this will be given. */
  | { kind: 'reserve'; nextStreamId: number }
  /** Writes, and changes nothing: whether it can. */
  | { kind: 'probe' }

export type WriteAnswer = DeltaApplied | ResumePoint | number | undefined

export type Outcome = { answer: WriteAnswer } | { error: unknown }

export interface Writer<Job = WriteJob> {
  /** All of it is on disk when this returns, but what an error stands for: of that, nothing is. */
  run(jobs: readonly Job[]): Outcome[]
  held: WriterParts['machines']['all']
}

/** One that prepares its deltas itself. */
export function createWriter(db: Database): Writer {
  const { run, held } = createPreparedWriter(db)
  const prepare = prepareJobs()
  return { run: (jobs) => run(jobs.map(prepare)), held }
}

/** For one writer, in the order in which it will get them. May be in another thread. */
export function prepareJobs(): (job: WriteJob) => PreparedJob {
  const preparer = createPreparer()
  return (job) => {
    if (job.kind === 'prune') preparer.forget()
    return job.kind === 'apply' ? { ...job, delta: preparer.prepare(job.delta) } : job
  }
}

export function createPreparedWriter(db: Database): Writer<PreparedJob> {
  const liveCounts = createLiveCounts(db)
  const dictionaries = createDictionaries(db, liveCounts)
  const parts: WriterParts = {
    db,
    dictionaries,
    items: createItems(db, dictionaries, liveCounts),
    counts: liveCounts,
    firstSeen: createFirstSeen(db),
    machines: createMachineStates(db),
  }
  const { items, counts, firstSeen, machines } = parts
  const deltas = createDeltaWriter(parts)
  const machineWriter = createMachineWriter(db, machines)
  const prune = createPruner(parts)
  const importStream = createImporter(parts)
  const probe = db.prepare('UPDATE engine SET next_stream_id = next_stream_id')

  const machine = (machineId: MachineId): MachineState => {
    const state = machines.get(machineId)
    if (state !== undefined) return state
    throw new DeltaRefused(`the inventory knows no machine ${machineId}`)
  }

  const runOne = (job: PreparedJob): WriteAnswer => {
    switch (job.kind) {
      case 'apply':
        items.learn(job.delta.items.told)
        return deltas.apply(machine(job.machineId), job.delta, job.now)
      case 'putMachines':
        return machineWriter.put(job.machines)
      case 'setVolumes':
        return machineWriter.setVolumes(machine(job.machineId), job.volumes)
      case 'beginConnection':
        return machineWriter.beginConnection(machine(job.machineId), job.epoch)
      case 'prune':
        return prune(job.goneBefore, job.limit)
      case 'import':
        for (const each of job.streams) importStream(machine(each.machineId), each)
        return undefined
      case 'reserve':
        firstSeen.skipTo(job.nextStreamId)
        return undefined
      case 'probe':
        probe.run()
        return undefined
    }
  }

  /** A refusal concerns one job and has written nothing; anything else ends the transaction. */
  const runInTransaction = db.transaction((jobs: readonly PreparedJob[]): Outcome[] => {
    const outcomes = jobs.map((job): Outcome => {
      try {
        return { answer: runOne(job) }
      } catch (error) {
        if (error instanceof DeltaRefused) return { error }
        throw error
      }
    })
    items.write()
    counts.flush()
    firstSeen.flush()
    machines.flush()
    dictionaries.flush()
    return outcomes
  })

  /** What memory holds may be of a transaction that never was. */
  const forget = (): void => {
    for (const part of [dictionaries, counts, firstSeen, machines]) part.forget()
    items.rolledBack()
  }

  const commit = (jobs: readonly PreparedJob[]): Outcome[] => {
    try {
      const outcomes = runInTransaction.immediate(jobs)
      items.committed()
      return outcomes
    } catch (error) {
      // Ends this thread, and the next one begins anew.
      if (error instanceof ItemUntold) throw error
      forget()
      if (jobs.length === 1) return [{ error }]
      // One of them is to blame: the others must not suffer.
      return jobs.flatMap((job) => commit([job]))
    }
  }

  const run = (jobs: readonly PreparedJob[]): Outcome[] => {
    const outcomes = commit(jobs)
    for (const job of jobs) if (job.kind === 'apply') items.drop(job.delta.items.dropped)
    return outcomes
  }
  return { run, held: machines.all }
}
