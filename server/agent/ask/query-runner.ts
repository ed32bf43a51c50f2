/** Answers a query from the disk as it is now: a scan of the asked places, of which nothing is remembered. */
import type { NativeAddon, NativeScan } from '../../../native/addon.ts'
import { type ScannedStream, scanTarget } from '../../../native/scan.ts'
import {
  type AskedPlace,
  MAX_ASKED_UNREADABLE,
  type QueryReply,
  type QueryRequest,
  type StoppedBy,
} from '../../protocol/ask.ts'
import type { VolumeId } from '../../protocol/ids.ts'
import { MAX_PATH_UNITS } from '../../protocol/limits.ts'
import type { UnreadablePlace } from '../../protocol/scan.ts'
import type { ReportedStream } from '../../protocol/stream.ts'
import { AppError } from '../../shared/app-error.ts'
import type { Clock } from '../../shared/clock.ts'
import { QueryError } from '../../streams/query/ast.ts'
import { asksFor, type QueryMatcher, queryMatcher } from '../../streams/query/evaluate-query.ts'
import { CONTENT_BYTES, type ReportLimits, toReport } from '../inventory/report.ts'
import type { Scope } from '../scan/scope.ts'
import { fileRefusal, placeRefusal, withoutNested } from './asked-places.ts'
import { AskStopped, type RunningAsks } from './running-asks.ts'

const BATCH_STREAMS = 250

export interface QueryTools {
  readonly addon: NativeAddon
  readonly scope: Scope
  readonly asks: RunningAsks
  readonly clock: Clock
  readonly limits: ReportLimits
}

export class QueryRunner {
  readonly #tools: QueryTools

  constructor(tools: QueryTools) {
    this.#tools = tools
  }

  async answer(request: QueryRequest): Promise<QueryReply> {
    const matches = await matcherOf(request, this.#tools.clock.now())
    return this.#tools.asks.run(request.askId, request.limits.timeMs, (signal) =>
      new Answer(this.#tools, request, matches, signal).find(),
    )
  }
}

type StreamMatcher = (stream: ReportedStream, content: Uint8Array | null) => boolean

async function matcherOf({ query, machine }: QueryRequest, now: number): Promise<StreamMatcher> {
  // Most agents are never asked, and the parser's tables take memory for as long as they run.
  const { parseQuery } = await import('../../streams/query/parse-query.ts')
  let matches: QueryMatcher
  try {
    const parsed = parseQuery(query, now, 'machines')
    // Answered as "no such time", `-first:<7d` would find everything.
    const unknown = (['first', 'gone'] as const).find((field) => asksFor(parsed, field))
    if (unknown !== undefined) throw notLive(unknown)
    matches = queryMatcher(parsed)
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    throw new AppError('QUERY_INVALID', 400, error.message, { cause: error })
  }
  const known = { ...machine, firstSeenAt: null, lastSeenAt: now, goneAt: null }
  return (stream, content) => matches({ ...known, stream, content })
}

function notLive(field: string): AppError {
  const message = `${field}: is what central remembers; the disk does not know. Ask the inventory for it.`
  return new AppError('QUERY_NOT_LIVE', 400, message)
}

/** One answer while it grows. */
class Answer {
  readonly #tools: QueryTools
  readonly #request: QueryRequest
  readonly #matches: StreamMatcher
  readonly #signal: AbortSignal
  readonly #startedMs = performance.now()
  readonly #rows: ReportedStream[] = []
  readonly #places: AskedPlace[] = []
  readonly #unreadable: UnreadablePlace[] = []
  #bytes = 0
  #carriersSeen = 0
  #streamsSeen = 0
  #unreadableCount = 0

  constructor(
    tools: QueryTools,
    request: QueryRequest,
    matches: StreamMatcher,
    signal: AbortSignal,
  ) {
    this.#tools = tools
    this.#request = request
    this.#matches = matches
    this.#signal = signal
  }

  async find(): Promise<QueryReply> {
    const { scope } = this.#tools
    const asked = this.#request.paths
    let stopped: StoppedBy = null
    for (const path of withoutNested(asked.length > 0 ? asked : scope.roots)) {
      if (stopped === null) stopped = await this.#readPlace(path)
      else this.#place(path, 'not-reached', '')
    }
    return {
      rows: this.#rows,
      stopped,
      places: this.#places.slice(0, 256),
      carriersSeen: this.#carriersSeen,
      streamsSeen: this.#streamsSeen,
      unreadableCount: this.#unreadableCount,
      unreadable: this.#unreadable,
      tookMs: Math.round(performance.now() - this.#startedMs),
    }
  }

  async #readPlace(path: string): Promise<StoppedBy> {
    try {
      this.#signal.throwIfAborted()
      const { scope } = this.#tools
      const refusal = (await placeRefusal(scope, path)) ?? (await fileRefusal(scope, path))
      if (refusal) this.#places.push(refusal)
      else await this.#scan(path)
      if (!refusal) this.#place(path, 'read', '')
      return null
    } catch (error) {
      if (error instanceof AskStopped) {
        this.#place(path, 'cut-short', '')
        return error.by
      }
      const { code, message } = error as NodeJS.ErrnoException
      // What is no answer of the disk code is a fault of ours.
      if (typeof code !== 'string') throw error
      this.#place(
        path,
        code === 'ADS_NOT_FOUND' || code === 'ENOENT' ? 'absent' : 'failed',
        message,
      )
      return null
    }
  }

  async #scan(path: string): Promise<void> {
    const { addon, scope } = this.#tools
    const { volumeId } = await scope.probe(path)
    let scan: NativeScan | null = null
    const watched: Pick<NativeAddon, 'startScan'> = {
      startScan: (target, options) => {
        scan = addon.startScan(target, options)
        return scan
      },
    }
    const options = {
      hash: this.#request.withHash,
      contentBytes: CONTENT_BYTES,
      includeInternal: false,
      exclude: scope.exclude,
      batchStreams: BATCH_STREAMS,
      hints: scope.hints,
    }
    try {
      for await (const chunk of scanTarget(watched, path, options, this.#signal)) {
        for (const place of chunk.unreadable) this.#addUnreadable(place)
        for (const found of chunk.streams) this.#add(volumeId as VolumeId, found)
      }
    } finally {
      this.#carriersSeen += (scan as NativeScan | null)?.progress().carriersSeen ?? 0
    }
  }

  #add(volumeId: VolumeId, found: ScannedStream): void {
    this.#streamsSeen++
    const report = toReport(volumeId, found, this.#tools.limits)
    if (report === null) {
      const message = 'The stream was seen, but its path or name is longer than NTFS allows.'
      this.#addUnreadable({ path: found.path, stream: found.name, code: 'NOT_REPORTABLE', message })
      return
    }
    if (!this.#matches(report, found.content)) return
    const { rows, bytes } = this.#request.limits
    if (this.#rows.length >= rows) throw new AskStopped('rows')
    this.#bytes += Buffer.byteLength(JSON.stringify(report)) + 1
    if (this.#bytes > bytes) throw new AskStopped('bytes')
    this.#rows.push(report)
  }

  #addUnreadable(place: UnreadablePlace): void {
    this.#unreadableCount++
    if (this.#unreadable.length >= MAX_ASKED_UNREADABLE) return
    this.#unreadable.push({
      path: place.path.slice(0, MAX_PATH_UNITS) || '?',
      stream: place.stream?.slice(0, 255) ?? null,
      code: place.code.slice(0, 32),
      message: place.message.slice(0, 1_024),
    })
  }

  #place(path: string, state: AskedPlace['state'], message: string): void {
    this.#places.push({ path, state, message: message.slice(0, 1_024) })
  }
}
