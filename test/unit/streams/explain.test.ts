import { expect, it } from 'vitest'
import type { AttachmentPolicy } from '../../../server/protocol/attachment-policies.ts'
import type { Origin } from '../../../server/protocol/stream.ts'
import { type ExplainedCarrier, explain } from '../../../server/streams/explain.ts'

const ORIGIN: Origin = {
  id: 3,
  hostUrl: null,
  referrerUrl: null,
  hostIpAddress: null,
  lastWriterPackageFamilyName: null,
  appZoneId: null,
  appDefinedZoneId: null,
}

function of(
  path: string,
  origin: Partial<Origin> | null = {},
  more: Partial<ExplainedCarrier> = {},
) {
  const whole = origin === null ? null : { ...ORIGIN, ...origin }
  return explain({ path, kind: 'file', origin: whole, policies: null, ...more })
}

const policies = (changes: Partial<AttachmentPolicy>) => ({
  policy: { highRisk: [], moderateRisk: [], lowRisk: [], writesMarks: true, ...changes },
  users: 3,
  ofUsers: 3,
})

const by = ({ effects }: ReturnType<typeof of>) => effects.map((effect) => effect.by)

it('says who holds up a marked file, by its type', () => {
  expect(by(of('C:\\setup.exe'))).toEqual(['Explorer', 'SmartScreen', '.NET Framework', 'Explorer'])
  expect(by(of('C:\\a.XLSM'))).toEqual(['Explorer', 'Office', 'Office', 'Explorer'])
  expect(by(of('C:\\a.ps1'))).toContain('PowerShell')
  expect(by(of('C:\\a.chm'))).toContain('HTML Help')
  expect(of('C:\\setup.exe').effects[0]?.what).toContain('Open File - Security Warning')
})

it('says that a restricted zone blocks, and that others do not hold up', () => {
  expect(of('C:\\setup.exe', { id: 4 }).effects[0]?.what).toContain('does not open it')
  expect(by(of('C:\\setup.exe', { id: 4 }))).not.toContain('SmartScreen')
  for (const id of [0, 1, 2]) expect(by(of('C:\\setup.exe', { id }))).toEqual(['Windows'])
  expect(of('C:\\setup.exe', null).effects[0]?.what).toContain('no mark')
  const appZone = of('C:\\setup.exe', { id: null, appZoneId: 4 })
  expect(appZone.effects[0]?.what).toContain('AppZoneId alone is no zone')
})

it('lets policies go before what is built in, the higher risk first', () => {
  const risk = (lists: Partial<AttachmentPolicy>) =>
    of('C:\\setup.exe', {}, { policies: policies(lists) })
  expect(risk({ lowRisk: ['exe'] })).toMatchObject({ risk: 'low' })
  expect(risk({ lowRisk: ['exe'] }).effects[0]?.what).toContain('without asking')
  expect(risk({ lowRisk: ['exe'], highRisk: ['exe'] }).risk).toBe('high')
  expect(risk({}).riskReason).toContain('calls unsafe')
  expect(of('C:\\notes.txt').risk).toBe('moderate')
})

it('says whose policies they are, and where they keep marks from being written', () => {
  const all = of('C:\\setup.exe', {}, { policies: policies({}) }).caveats.join()
  expect(all).toContain('who is signed in on this machine now (3)')
  expect(all).not.toContain('are not known')
  const some = of('C:\\setup.exe', {}, { policies: { ...policies({}), users: 2 } }).caveats.join()
  expect(some).toContain('2 of 3 users')
  const none = of('C:\\setup.exe', null, { policies: policies({ writesMarks: false }) })
  expect(none.caveats.join()).toContain('what they download has none')
})

it('never promises what only the machine knows', () => {
  expect(of('C:\\setup.exe').caveats.join()).toContain('policies of this machine’s users')
  expect(of('C:\\setup.exe').caveats.join()).toContain('for a while')
  expect(of('C:\\setup.exe', null).caveats.join()).toContain(
    'may still have come from the Internet',
  )
})

it('reads the place of a share, and leaves folders alone', () => {
  expect(of('\\\\nas\\d\\a.exe').location).toContain('intranet')
  expect(of('\\\\10.0.0.1\\d\\a.exe').location).toContain('changes nothing')
  expect(of('C:\\a.exe').location).toBe('')
  expect(of('\\\\?\\C:\\a.exe').location).toBe('')
  expect(of('C:\\folder.exe', {}, { kind: 'directory' })).toMatchObject({
    risk: 'none',
    effects: [],
  })
})
