/**
 * `/api/v1/sinks`: where notable events are told. Each is told at least once, in order, from a queue on disk.
 *
 *   GET    /sinks            Sinks
 *   POST   /sinks            SinkSettings → 201 Sink
 *   PUT    /sinks/:sinkId    SinkSettings → Sink; a webhook without `secret` keeps the one it has
 *   DELETE /sinks/:sinkId    204; what waits in its queue goes with it
 *   POST   /sinks/:sinkId/test   {} → 204; queues an event of kind `test`
 *
 * A webhook gets a POST of SinkEvent with `x-sidestream-delivery`, `x-sidestream-timestamp` (seconds) and, with a
 * secret, `x-sidestream-signature: sha256=` and the hex HMAC-SHA256 of `<timestamp>.<body>`. Any 2xx takes it.
 * Syslog gets RFC 5424, over TCP with octet counting (RFC 6587).
 */
import { type Static, Type } from 'typebox'
import { Timestamp } from '../ids.ts'

const strict = { additionalProperties: false } as const

export const NotableKind = Type.Union([
  Type.Literal('stream.suspicious'),
  Type.Literal('mark.removed'),
  Type.Literal('machine.cloned'),
  Type.Literal('order.created'),
  Type.Literal('order.approved'),
  Type.Literal('order.rejected'),
  Type.Literal('order.cancelled'),
  Type.Literal('order.undone'),
  Type.Literal('order.finished'),
  Type.Literal('order-policy.changed'),
  Type.Literal('access.denied'),
  Type.Literal('audit.head'),
  Type.Literal('rule.enforced'),
  Type.Literal('rule.alert'),
  Type.Literal('rule.paused'),
  Type.Literal('saved-query.changed'),
])
export type NotableKind = Static<typeof NotableKind>

const common = {
  name: Type.String({ minLength: 1, maxLength: 64 }),
  isEnabled: Type.Boolean({ default: true }),
  kinds: Type.Array(NotableKind, { minItems: 1, uniqueItems: true }),
  hostname: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'Glob: only events of these machines, and those of no machine',
    }),
  ),
}

export const WebhookSettings = Type.Object(
  {
    kind: Type.Literal('webhook'),
    ...common,
    url: Type.String({ pattern: '^https?://', maxLength: 2_048 }),
    secret: Type.Optional(Type.String({ minLength: 16, maxLength: 256 })),
  },
  strict,
)
export type WebhookSettings = Static<typeof WebhookSettings>

export const SyslogSettings = Type.Object(
  {
    kind: Type.Literal('syslog'),
    ...common,
    transport: Type.Union([Type.Literal('tcp'), Type.Literal('udp')]),
    host: Type.String({ minLength: 1, maxLength: 255 }),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    facility: Type.Integer({ minimum: 0, maximum: 23, default: 13, description: '13: log audit' }),
  },
  strict,
)
export type SyslogSettings = Static<typeof SyslogSettings>

export const SinkSettings = Type.Union([WebhookSettings, SyslogSettings])
export type SinkSettings = Static<typeof SinkSettings>

export const Sink = Type.Object(
  {
    sinkId: Type.Integer({ minimum: 1 }),
    /** Without the secret. */
    settings: SinkSettings,
    hasSecret: Type.Boolean(),
    createdBy: Type.String(),
    queueLength: Type.Integer({ minimum: 0 }),
    /** Events that were given up: the queue was full, or they waited too long. */
    droppedCount: Type.Integer({ minimum: 0 }),
    deliveredCount: Type.Integer({ minimum: 0 }),
    lastDeliveredAt: Type.Union([Timestamp, Type.Null()]),
    lastError: Type.String({ description: 'Of the newest attempt; empty: it was taken' }),
  },
  strict,
)
export type Sink = Static<typeof Sink>

export const Sinks = Type.Object({ sinks: Type.Array(Sink) }, strict)
export type Sinks = Static<typeof Sinks>

/** The body of a webhook. */
export const SinkEvent = Type.Object(
  {
    kind: Type.Union([NotableKind, Type.Literal('test')]),
    at: Timestamp,
    machineId: Type.Union([Type.String(), Type.Null()]),
    hostname: Type.Union([Type.String(), Type.Null()]),
    summary: Type.String(),
    details: Type.Record(Type.String(), Type.Unknown()),
  },
  strict,
)
export type SinkEvent = Static<typeof SinkEvent>
