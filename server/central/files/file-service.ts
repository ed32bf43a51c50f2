/** Where is this file: marked, unmarked, absent or unknown on every machine. Never a false clean. */
import { randomUUID } from 'node:crypto'
import pLimit from 'p-limit'
import type {
  FilePage,
  FilePlace,
  FileState,
  MachineFile,
  UnknownReason,
} from '../../protocol/api/files.ts'
import { type AskedFile, FilesReply } from '../../protocol/ask.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import { fileNameOf } from '../../streams/path-parts.ts'
import type { Scope } from '../accounts/scope-service.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { type AgentLink, agentRoute } from '../machines/agent-link.ts'
import type { StoredStream } from '../store/inventory/inventory-engine.ts'
import type { MachineStore, StoredMachine } from '../store/machine-store.ts'
import { type FileWanted, knownPaths, marksOn, type StreamReading } from './known-streams-of.ts'

const MACHINES_AT_ONCE = 16
const ASK_MS = 20_000
const GRACE_MS = 5_000
const MAX_PLACES = 64
/** Hashing more would take longer than a person waits. */
const HASH_LIMIT_BYTES = 256 * 1024 * 1024

export interface FileSearch extends FileWanted {
  live: boolean
  folder?: string | undefined
  sha256?: string | undefined
  sizeBytes?: number | undefined
}

type PageRequest = { cursor?: string | undefined; limit: number }

export interface FileService {
  find(search: FileSearch, page: PageRequest, actor: string, scope: Scope): Promise<FilePage>
  /** Every machine of the scope, page by page. The question is checked before the first. */
  export(
    search: FileSearch,
    actor: string,
    scope: Scope,
  ): Promise<AsyncGenerator<MachineFile[], void, undefined>>
}

export interface FileServiceParts {
  machines: MachineStore
  streams: StreamReading
  link: AgentLink
  audit: AuditLog
  clock: Clock
}

const askFiles = agentRoute('POST', '/v1/files', FilesReply)

export function createFileService(parts: FileServiceParts): FileService {
  const { machines, streams, link, audit, clock } = parts
  const limit = pLimit(MACHINES_AT_ONCE)

  const find: FileService['find'] = async (search, page, actor, scope) => {
    check(search)
    const { machines: chosen, cursor } = machines.page(page, { machineNos: scope?.machineNos })
    const paths = search.live ? await pathsToLookAt(search, scope) : []
    if (search.live) {
      const { name, path, folder } = search
      audit.record(actor, 'files.asked', name ?? path ?? '', { name, path, folder })
    }
    const found = await Promise.all(
      chosen.map((machine) => limit(() => findOn(machine, search, paths))),
    )
    return { machines: found, paths, cursor }
  }

  const pathsToLookAt = async (search: FileSearch, scope: Scope): Promise<string[]> => {
    if (search.path !== undefined) return [search.path]
    const name = search.name as string
    const known = (await knownPaths(streams, search, 500, scope)).filter((path) =>
      isSameText(fileNameOf(path), name),
    )
    const { folder } = search
    const inFolder =
      folder === undefined ? [] : [`${folder.replace(/[\\/]+$/, '')}${separatorOf(folder)}${name}`]
    return [...new Set([...inFolder, ...known])].slice(0, MAX_PLACES)
  }

  const findOn = async (
    machine: StoredMachine,
    search: FileSearch,
    paths: readonly string[],
  ): Promise<MachineFile> => {
    const { machineId } = machine
    const isOnline = link.isOnline(machineId)
    const marks = (await marksOn(streams, machineId, search, MAX_PLACES)).filter(
      ({ path }) => search.path === undefined || isSameText(path, search.path),
    )
    const remembered = marks.map((mark) => rememberedPlace(mark))
    const head = { machineId, hostname: machine.facts.hostname, isOnline }
    const fromInventory = (reason: UnknownReason, message = ''): MachineFile => ({
      ...head,
      state: remembered.length > 0 ? 'marked' : 'unknown',
      reason,
      message,
      places: remembered,
    })

    if (!search.live) {
      return fromInventory(machine.lastScanAt === null ? 'never-scanned' : 'not-asked')
    }
    if (!isOnline) return fromInventory('offline')
    const own = marks.map(({ path }) => path)
    const asked = [...new Set([...own, ...paths])].filter(
      (path) => path.startsWith('/') === (machine.facts.platform !== 'win32'),
    )
    if (asked.length === 0) return fromInventory('nowhere-to-look')
    try {
      const reply = await ask(machine, search, asked.slice(0, MAX_PLACES))
      const places = reply.files.map((file) => placeNow(file, marks, clock.now()))
      const { state, reason } = stateOf(reply.files)
      // What is known of places that the machine cannot be asked about, such as those in an image, stays known.
      const unasked = remembered.filter(({ path }) => !asked.includes(path))
      if (unasked.length === 0) return { ...head, state, reason, message: '', places }
      const open = reason ?? 'nowhere-to-look'
      return {
        ...head,
        state: 'marked',
        reason: open,
        message: '',
        places: [...places, ...unasked],
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return fromInventory(reasonOf(error), error.message)
    }
  }

  const ask = async ({ machineId }: StoredMachine, search: FileSearch, paths: string[]) => {
    const { sha256, sizeBytes = null } = search
    const content = sha256 === undefined ? null : { sha256, sizeBytes }
    const head = { askId: randomUUID(), paths, content, timeMs: ASK_MS }
    const body = { ...head, hashLimitBytes: HASH_LIMIT_BYTES }
    const reply = await askFiles(link, machineId, body, ASK_MS + GRACE_MS)
    // One answer for each path that was asked, or what is missing would look clean.
    const isWhole =
      reply.files.length === paths.length &&
      reply.files.every(({ path }, index) => path === paths[index])
    if (isWhole) return reply
    throw new AppError('AGENT_ANSWER_INVALID', 502, 'the agent did not answer what it was asked')
  }

  return {
    find,
    export: async (search, actor, scope) => {
      const first = await find(search, { limit: 100 }, actor, scope)
      return (async function* () {
        let page = first
        while (true) {
          yield page.machines
          if (page.cursor === null) return
          page = await find(search, { cursor: page.cursor, limit: 100 }, actor, scope)
        }
      })()
    },
  }
}

function check({ name, path, live, sha256, folder, sizeBytes }: FileSearch): void {
  const refuse = (message: string): AppError => new AppError('REQUEST_INVALID', 400, message)
  if ((name === undefined) === (path === undefined)) {
    throw refuse('name, path: give one of them; the hash of a file alone is known nowhere')
  }
  if (name !== undefined && /[\\/]/.test(name)) throw refuse('name: is no path; use path')
  const isLiveOnly = sha256 !== undefined || folder !== undefined || sizeBytes !== undefined
  if (isLiveOnly && !live) {
    throw refuse('sha256, sizeBytes, folder: only machines can tell; add live=true')
  }
}

function rememberedPlace(mark: StoredStream): FilePlace {
  return {
    path: mark.path,
    state: 'marked',
    source: 'inventory',
    origin: mark.origin,
    streamId: mark.streamId,
    sizeBytes: null,
    isSameContent: null,
    seenAt: toTimestamp(mark.lastSeenAt),
    message: '',
  }
}

function placeNow(file: AskedFile, marks: readonly StoredStream[], now: number): FilePlace {
  const { path, origin, sizeBytes, isSameContent, message } = file
  const mark = marks.find((one) => one.path === path)
  return {
    path,
    state: isSaid(file) ? file.state : 'unknown',
    source: 'now',
    origin,
    streamId: mark?.streamId ?? null,
    sizeBytes,
    isSameContent,
    seenAt: toTimestamp(now),
    message,
  }
}

type Said = AskedFile & { state: Exclude<FileState, 'unknown'> }

function isSaid(file: AskedFile): file is Said {
  return file.state === 'marked' || file.state === 'unmarked' || file.state === 'absent'
}

function stateOf(files: readonly AskedFile[]): {
  state: FileState
  reason: UnknownReason | null
} {
  const has = (state: AskedFile['state']): boolean => files.some((file) => file.state === state)
  const reason = has('unreadable')
    ? 'unreadable'
    : has('not-reached')
      ? 'timed-out'
      : has('outside-scope')
        ? 'outside-scope'
        : null
  if (has('marked')) return { state: 'marked', reason }
  if (reason !== null) return { state: 'unknown', reason }
  return { state: has('unmarked') ? 'unmarked' : 'absent', reason }
}

function reasonOf({ code }: AppError): UnknownReason {
  if (code === 'MACHINE_OFFLINE') return 'offline'
  return code === 'AGENT_TIMEOUT' ? 'timed-out' : 'refused'
}

function separatorOf(folder: string): string {
  return folder.startsWith('/') ? '/' : '\\'
}

function isSameText(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
