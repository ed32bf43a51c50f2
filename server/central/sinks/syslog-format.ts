/** RFC 5424. Names in events were chosen by whoever wrote them: nothing in them can end a field or a message. */
import type { SinkEvent } from '../../protocol/api/sinks.ts'
import { displayName } from '../../streams/display-name.ts'

/** RFC 5424, 6.2.1: warning for what asks for a look, notice for the rest. */
const SEVERITY: Partial<Record<SinkEvent['kind'], number>> = {
  'stream.suspicious': 4,
  'mark.removed': 4,
  'machine.cloned': 4,
  'rule.alert': 4,
  'rule.paused': 4,
}
const NOTICE = 5
/** 32473 is the enterprise number that RFC 5612 keeps for documentation: we have none of our own. */
const SD_ID = 'sidestream@32473'
/** Receivers need only take 2,048 bytes; a path alone may have more, so values are cut well before. */
const MAX_VALUE_UNITS = 512
const MAX_MESSAGE_UNITS = 1_024

export function formatSyslog(event: SinkEvent, facility: number): string {
  const priority = facility * 8 + (SEVERITY[event.kind] ?? NOTICE)
  const host = headerField(event.hostname, 255)
  const header = `<${priority}>1 ${event.at} ${host} sidestream - ${headerField(event.kind, 32)}`
  const values: [string, unknown][] = [
    ['machineId', event.machineId],
    ...Object.entries(event.details),
  ]
  const params = values
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => ` ${paramName(name)}="${paramValue(value)}"`)
  // The BOM says that the message is UTF-8.
  return `${header} [${SD_ID}${params.join('')}] \uFEFF${cut(displayName(event.summary), MAX_MESSAGE_UNITS)}`
}

/** RFC 6587, 3.4.1: how many bytes follow, so that a newline in a message is no end of it. */
export function withOctetCount(message: string): Buffer {
  const bytes = Buffer.from(message, 'utf8')
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes])
}

/** PRINTUSASCII, or `-` where there is nothing. */
function headerField(text: string | null, maxUnits: number): string {
  const printable = (text ?? '').replace(/[^\x21-\x7e]/g, '?').slice(0, maxUnits)
  return printable === '' ? '-' : printable
}

function paramName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 32)
}

function paramValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return cut(displayName(text), MAX_VALUE_UNITS).replace(/["\\\]]/g, '\\$&')
}

function cut(text: string, maxUnits: number): string {
  return (text.length <= maxUnits ? text : `${text.slice(0, maxUnits)}…`).toWellFormed()
}
