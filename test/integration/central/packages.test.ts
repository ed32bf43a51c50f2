import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Fleet, openFleet } from './fleet.ts'

const MSI = 'sidestream-agent-0.1.0-win32-x64.msi'
const BYTES = Buffer.from('the bytes of an installer')
let fleet: Fleet

beforeEach(async () => {
  fleet = await openFleet()
  const folder = join(fleet.dataDir, 'packages')
  mkdirSync(folder)
  writeFileSync(join(folder, MSI), BYTES)
  writeFileSync(join(folder, 'notes.txt'), 'not a package')
  symlinkSync('/etc/passwd', join(folder, 'passwd.deb'))
})

describe('packages of the agent', () => {
  it('are listed with size, hash and the command that installs them', async () => {
    const { status, body } = await fleet.get('/packages')
    expect(status).toBe(200)
    expect(body.packages).toMatchObject([
      {
        name: MSI,
        sizeBytes: BYTES.length,
        sha256: createHash('sha256').update(BYTES).digest('hex'),
        command: expect.stringMatching(
          /^msiexec \/i sidestream-agent-0\.1\.0-win32-x64\.msi \/qn ENROLMENT="ENROLMENT-STRING"$/,
        ),
      },
    ])
  })

  it('are none where nobody has put any there', async () => {
    const other = await openFleet()
    expect((await other.get('/packages')).body).toEqual({ packages: [] })
  })

  it.each(['passwd.deb', 'absent.msi'])('are not found as %s', async (name) => {
    const { status, body } = await fleet.get(`/packages/${name}`)
    expect([status, body.code]).toEqual([404, 'PACKAGE_NOT_FOUND'])
  })

  it.each(['notes.txt', '..%2Fcentral.db', '%2e%2e%2Fx.msi'])('are never %s', async (name) => {
    expect((await fleet.get(`/packages/${name}`)).status).toBeGreaterThanOrEqual(400)
  })
})
