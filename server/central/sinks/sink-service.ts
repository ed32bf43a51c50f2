/** Sinks: which events go where, and the work of bringing them there, in order and at least once. */
import pRetry from 'p-retry'
import type { NotableKind, Sink, SinkEvent, SinkSettings, Sinks } from '../../protocol/api/sinks.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import { textMatcher } from '../../streams/query/glob-match.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { NotableEvent, NotableHub } from '../events/notable-hub.ts'
import type { SinkStore, StoredSink } from '../store/sink-store.ts'
import type { Write } from '../store/stores.ts'
import { sendSyslog, sendWebhook } from './send.ts'

const MAX_SINKS = 20
const MAX_QUEUE = 10_000
const MAX_AGE_MS = 7 * 86_400_000
const SYSLOG_BATCH = 100

export interface SinkService {
  list(): Sinks
  add(settings: SinkSettings, actor: string): Sink
  update(sinkId: number, settings: SinkSettings, actor: string): Sink
  remove(sinkId: number, actor: string): void
  test(sinkId: number, actor: string): void
  /** Whether any sink takes events of this kind. */
  isWanted(kind: NotableKind): boolean
  /** Events that wait, of all sinks. */
  queueLength(): number
  stop(): Promise<void>
}

export interface SinkServiceParts {
  sinks: SinkStore
  notable: NotableHub
  write: Write
  audit: AuditLog
  clock: Clock
  logger: Logger
  /** Pause after a receiver did not take an event. */
  retryMs: number
}

export function createSinkService(parts: SinkServiceParts): SinkService {
  const { sinks, write, audit, clock, logger } = parts
  const working = new Map<number, Promise<void>>()
  /** What came while the last look found a queue empty would else wait for the event after it. */
  const again = new Set<number>()
  const timers = new Map<number, NodeJS.Timeout>()
  const stopped = new AbortController()
  let wanted = wantedKinds(sinks)

  const find = (sinkId: number): StoredSink => {
    const sink = sinks.find(sinkId)
    if (sink !== undefined) return sink
    throw new AppError('SINK_NOT_FOUND', 404, `there is no sink ${sinkId}`)
  }

  const work = (sinkId: number): void => {
    if (stopped.signal.aborted || timers.has(sinkId)) return
    if (working.has(sinkId)) {
      again.add(sinkId)
      return
    }
    const done = deliverAll(sinkId)
      .catch((error: Error) => {
        if (stopped.signal.aborted) return
        logger.warn({ err: error, sinkId }, 'a sink did not take an event')
        sinks.failed(sinkId, error.message.slice(0, 500))
        later(sinkId)
      })
      .finally(() => {
        working.delete(sinkId)
        if (again.delete(sinkId)) work(sinkId)
      })
    working.set(sinkId, done)
  }

  const later = (sinkId: number): void => {
    const timer = setTimeout(() => {
      timers.delete(sinkId)
      work(sinkId)
    }, parts.retryMs)
    timer.unref()
    timers.set(sinkId, timer)
  }

  const deliverAll = async (sinkId: number): Promise<void> => {
    sinks.dropOld(clock.now() - MAX_AGE_MS)
    while (!stopped.signal.aborted) {
      const settings = sinks.find(sinkId)?.settings
      if (settings === undefined || !settings.isEnabled) return
      const waiting = sinks.peek(sinkId, settings.kind === 'syslog' ? SYSLOG_BATCH : 1)
      const first = waiting[0]
      if (first === undefined) return
      const options = {
        retries: 2,
        minTimeout: Math.min(1_000, parts.retryMs),
        signal: stopped.signal,
      }
      await pRetry(
        () =>
          settings.kind === 'syslog'
            ? sendSyslog(settings, waiting)
            : sendWebhook(settings, first, clock.now()),
        options,
      )
      sinks.delivered(sinkId, waiting.at(-1)!.deliveryNo, clock.now())
    }
  }

  const enqueue = (sinkId: number, event: SinkEvent): void => {
    sinks.enqueue(sinkId, event, MAX_QUEUE, clock.now())
    // After the transaction that this may be part of: what is undone is not told.
    queueMicrotask(() => work(sinkId))
  }
  const unsubscribe = parts.notable.subscribe((event) => {
    for (const { sinkId, settings } of sinks.list()) {
      if (wants(settings, event)) enqueue(sinkId, { ...event, at: toTimestamp(event.at) })
    }
  })
  for (const { sinkId } of sinks.list()) work(sinkId)

  return {
    list: () => ({ sinks: sinks.list().map(toSink) }),
    add: (settings, actor) => {
      checkUrl(settings)
      if (sinks.list().length >= MAX_SINKS) {
        throw new AppError('TOO_MANY_SINKS', 409, `there are ${MAX_SINKS} sinks: remove one first`)
      }
      const sinkId = write(() => {
        const id = sinks.add(settings, actor, clock.now())
        audit.record(actor, 'sink.stored', String(id), toDetails(settings))
        return id
      })
      wanted = wantedKinds(sinks)
      return toSink(find(sinkId))
    },
    update: (sinkId, settings, actor) => {
      checkUrl(settings)
      const known = find(sinkId).settings
      const isKept =
        settings.kind === 'webhook' && known.kind === 'webhook' && settings.secret === undefined
      const whole = isKept && known.secret ? { ...settings, secret: known.secret } : settings
      write(() => {
        sinks.update(sinkId, whole)
        audit.record(actor, 'sink.stored', String(sinkId), toDetails(whole))
      })
      wanted = wantedKinds(sinks)
      clearTimeout(timers.get(sinkId))
      timers.delete(sinkId)
      work(sinkId)
      return toSink(find(sinkId))
    },
    remove: (sinkId, actor) => {
      find(sinkId)
      write(() => {
        sinks.remove(sinkId, clock.now())
        audit.record(actor, 'sink.removed', String(sinkId))
      })
      wanted = wantedKinds(sinks)
    },
    test: (sinkId, actor) => {
      find(sinkId)
      enqueue(sinkId, {
        kind: 'test',
        at: toTimestamp(clock.now()),
        machineId: null,
        hostname: null,
        summary: `${actor} asked for this test`,
        details: {},
      })
    },
    isWanted: (kind) => wanted.has(kind),
    queueLength: () => sinks.list().reduce((sum, sink) => sum + sink.queueLength, 0),
    stop: async () => {
      unsubscribe()
      stopped.abort()
      for (const timer of timers.values()) clearTimeout(timer)
      await Promise.allSettled(working.values())
    },
  }
}

function wantedKinds(sinks: SinkStore): ReadonlySet<NotableKind> {
  const enabled = sinks.list().filter(({ settings }) => settings.isEnabled)
  return new Set(enabled.flatMap(({ settings }) => settings.kinds))
}

function wants(settings: SinkSettings, event: NotableEvent): boolean {
  if (!settings.isEnabled || !settings.kinds.includes(event.kind)) return false
  if (settings.hostname === undefined || event.hostname === null) return true
  return textMatcher(settings.hostname, false)(event.hostname)
}

/** Events name machines and paths: in the clear they stay on this machine. */
function checkUrl(settings: SinkSettings): void {
  if (settings.kind !== 'webhook') return
  const url = URL.parse(settings.url)
  const isLocal = url !== null && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)
  if (url !== null && (url.protocol === 'https:' || isLocal)) return
  throw new AppError('REQUEST_INVALID', 400, 'url: must begin with https://, but for this machine')
}

function toDetails(settings: SinkSettings): object {
  const { secret: _, ...shown } = settings as SinkSettings & { secret?: string }
  return shown
}

function toSink({ settings, lastDeliveredAt, ...stored }: StoredSink): Sink {
  return {
    ...stored,
    settings: toDetails(settings) as SinkSettings,
    hasSecret: settings.kind === 'webhook' && settings.secret !== undefined,
    lastDeliveredAt: lastDeliveredAt === null ? null : toTimestamp(lastDeliveredAt),
  }
}
