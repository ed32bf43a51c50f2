/**
 * What an administrator looks for in the Application log: that the agent started and ended, that the machine was
 * enrolled, and what was refused. Entries follow from the agent's own log records, so that the two never
 * tell different stories. Ids are a contract: monitoring filters by them.
 */
import { Writable } from 'node:stream'
import type { NativeService } from '../../native/service.ts'

export const EVENT_SOURCE = 'Sidestream'

type Level = 'information' | 'warning' | 'error'

interface LogRecord {
  readonly msg?: string
  readonly machineId?: string | null
  readonly centralUrl?: string
  readonly link?: string
  readonly reason?: string
  readonly counts?: Readonly<Record<string, number>>
  readonly err?: { readonly message?: string }
}

interface SystemEvent {
  readonly id: number
  readonly level: Level
  readonly text: string
}

/** Null for a record that is no event. */
export function systemEventOf(record: LogRecord): SystemEvent | null {
  const { msg, counts, link } = record
  const why = record.err?.message ?? record.reason ?? ''
  switch (msg) {
    case 'agent started': {
      const who = record.machineId ? `machine ${record.machineId}` : 'not enrolled'
      return event(100, 'information', `The Sidestream agent has started (${who}).`)
    }
    case 'agent stopped':
      return event(101, 'information', 'The Sidestream agent has stopped.')
    case 'the agent cannot start':
      return event(102, 'error', `The Sidestream agent cannot start: ${why}`)
    case 'enrolled':
      return event(
        110,
        'information',
        `This machine is enrolled at ${record.centralUrl} as ${record.machineId}.`,
      )
    case 'enrolment':
      return event(111, 'warning', `This machine could not be enrolled yet: ${why}`)
    case 'link':
      if (link !== 'refused') return null
      return event(112, 'error', `Central refuses this machine: ${why}`)
    case 'order targets handled': {
      const refused = counts?.refused ?? 0
      if (refused === 0) return null
      return event(120, 'warning', `${refused} targets of orders were refused by this machine.`)
    }
    default:
      return null
  }
}

/** For pino: takes finished lines. What cannot be written to the event log is in the log file all the same. */
export function systemEventStream(service: NativeService): Writable {
  let last = ''
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of String(chunk).split('\n')) {
        const found = line === '' ? null : systemEventOf(JSON.parse(line) as LogRecord)
        // The same failure every five minutes is one entry.
        if (found === null || found.text === last) continue
        last = found.text
        try {
          service.writeSystemEvent(EVENT_SOURCE, found.level, found.id, found.text)
        } catch {}
      }
      done()
    },
  })
}

function event(id: number, level: Level, text: string): SystemEvent {
  return { id, level, text }
}
