/** What reg.exe prints, as policies. */
import { expect, it } from 'vitest'
import { readAttachmentPolicies } from '../../../server/agent/ask/attachment-policies.ts'

const ANNA = 'S-1-5-21-397955417-626881126-188441444-3101'
const BEN = 'S-1-5-21-397955417-626881126-188441444-3102'
const CLOUD = 'S-1-12-1-1234567890-1234567890-1234567890-1234567890'
const POLICIES = 'Software\\Microsoft\\Windows\\CurrentVersion\\Policies'
const HIVES = ['.DEFAULT', ANNA, `${ANNA}_Classes`, BEN, CLOUD, 'S-1-5-18', 'S-1-5-19']

const lines = (...all: string[]) => `\r\n${all.join('\r\n')}\r\n\r\n`

/** The registry of a machine: what lies in each user's policies. */
function registry(users: Record<string, string>) {
  return async (...args: string[]) => {
    if (args[0] === 'HKU') return lines(...HIVES.map((name) => `HKEY_USERS\\${name}`))
    const [key = '', deep] = args
    const text = users[key.slice('HKU\\'.length, -POLICIES.length - 1)]
    if (text === undefined || deep !== '/s') throw new Error('ERROR: The system was unable to find')
    return text
  }
}

const policiesOf = (sid: string, associations: string[], attachments: string[] = []) =>
  lines(
    `HKEY_USERS\\${sid}\\${POLICIES}\\Associations`,
    ...associations,
    '',
    `HKEY_USERS\\${sid}\\${POLICIES}\\Attachments`,
    ...attachments,
    '',
    `HKEY_USERS\\${sid}\\${POLICIES}\\Explorer`,
    '    NoDriveTypeAutoRun    REG_DWORD    0x91',
    // Elsewhere the same name means nothing.
    '    SaveZoneInformation    REG_DWORD    0x1',
  )

it('tells each policy and how many people have it, and whose cannot be read', async () => {
  const company = ['    LowRiskFileTypes    REG_SZ    .EXE;.msi; *.bat;;.exe']
  const query = registry({
    [ANNA]: policiesOf(ANNA, company),
    [BEN]: policiesOf(BEN, company),
  })
  const policy = { highRisk: [], moderateRisk: [], lowRisk: ['bat', 'exe', 'msi'] }
  expect(await readAttachmentPolicies(query)).toEqual({
    policies: [{ policy: { ...policy, writesMarks: true }, users: 2 }],
    unreadUsers: 1,
  })
})

it('puts the policy of most people first, and tells where marks are not written', async () => {
  const query = registry({
    [ANNA]: policiesOf(ANNA, [], ['    SaveZoneInformation    REG_DWORD    0x1']),
    [BEN]: policiesOf(BEN, ['    HighRiskFileTypes    REG_SZ    .ps1'], []),
    [CLOUD]: policiesOf(
      CLOUD,
      ['    HighRiskFileTypes    REG_SZ    ps1'],
      ['    SaveZoneInformation    REG_DWORD    0x2'],
    ),
  })
  const lists = { highRisk: [], moderateRisk: [], lowRisk: [] }
  expect(await readAttachmentPolicies(query)).toEqual({
    policies: [
      { policy: { ...lists, highRisk: ['ps1'], writesMarks: true }, users: 2 },
      { policy: { ...lists, writesMarks: false }, users: 1 },
    ],
    unreadUsers: 0,
  })
})
