import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { NativeService, ServiceEvent } from '../../../native/service.ts'
import { runAsService, ServiceControl } from '../../../server/agent/service-host.ts'
import { systemEventOf } from '../../../server/agent/system-events.ts'

/** The service manager's side of the conversation. */
function manager() {
  const reports: string[] = []
  let tell: (event: ServiceEvent, code: number) => void = () => undefined
  const service = {
    hostService: (_name, listener) => {
      tell = listener
    },
    reportServiceState: (state, _checkpoint, _waitHintMs, exitCode) => {
      reports.push(exitCode === 0 ? state : `${state} ${exitCode}`)
      if (state === 'stopped') queueMicrotask(() => tell('ended', 0))
    },
  } as NativeService
  const control = new ServiceControl(service, 'Test')
  return { reports, control, say: (event: ServiceEvent, code = 0) => tell(event, code) }
}
const logger = pino({ level: 'silent' })

describe('a Windows service', () => {
  it('says each step to the manager, also what was asked before it listened', async () => {
    const { reports, control, say } = manager()
    say('started')
    const closed: string[] = []
    const close = async () => void closed.push('closed')
    const ended = runAsService({ control, logger, open: async () => ({ close }) })
    await expect.poll(() => reports).toEqual(['start-pending', 'running'])
    say('stop')
    say('pre-shutdown')
    await ended
    expect(reports).toEqual(['start-pending', 'running', 'stop-pending', 'stopped'])
    expect(closed).toEqual(['closed'])
  })

  it('reports a failed start as a failure, so that it is started again', async () => {
    const { reports, control, say } = manager()
    const open = async () => Promise.reject(new Error('no scope'))
    const ended = runAsService({ control, logger, open })
    say('started')
    await ended
    expect(reports).toEqual(['start-pending', 'stopped 1'])
  })

  it('says what to do where nobody started it as a service', async () => {
    const { control, say } = manager()
    const ended = runAsService({ control, logger, open: async () => Promise.reject(new Error()) })
    say('ended', 1063)
    await expect(ended).rejects.toThrow('sidestream agent service start')
  })
})

describe('the event log', () => {
  it.each([
    [{ msg: 'agent started', machineId: null }, 100, 'information'],
    [{ msg: 'agent stopped' }, 101, 'information'],
    [{ msg: 'the agent cannot start', err: { message: 'no scope' } }, 102, 'error'],
    [{ msg: 'enrolled', machineId: 'm', centralUrl: 'https://c' }, 110, 'information'],
    [{ msg: 'enrolment', link: 'connecting', reason: 'down' }, 111, 'warning'],
    [{ msg: 'link', link: 'refused', reason: 'retired' }, 112, 'error'],
    [{ msg: 'order targets handled', counts: { done: 1, refused: 2 } }, 120, 'warning'],
  ])('has an entry for %j', (record, id, level) => {
    expect(systemEventOf(record)).toMatchObject({ id, level })
  })

  it.each([
    { msg: 'link', link: 'connected' },
    { msg: 'order targets handled', counts: { done: 1 } },
    { msg: 'scan finished' },
  ])('has none for %j', (record) => {
    expect(systemEventOf(record)).toBeNull()
  })
})
