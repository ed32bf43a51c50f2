/** `--smb-conf`, and /etc/samba/smb.conf without it. */
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { records } from '../../support/sidestream-cli.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { setXattr } from '../../support/xattrs.ts'
import { MAIN, runCli } from './run-cli.ts'

const DEFAULT = '/etc/samba/smb.conf'

function aShare(more = '') {
  const folder = tempFolder()
  const file = join(folder, 'file')
  const smbConf = join(folder, 'smb.conf')
  writeFileSync(file, '')
  setXattr(file, 'user.Mine.mark:$DATA', 'x\0')
  writeFileSync(
    smbConf,
    `${more}[s]\npath = ${folder}\nvfs objects = streams_xattr\nstreams_xattr:prefix = user.Mine.\n`,
  )
  return { folder, file, smbConf }
}

/** The command as it runs where this smb.conf is the machine's own: in a mount namespace. */
function runWithDefault(smbConf: string, ...args: string[]) {
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
  const words = ['sh', smbConf, DEFAULT, process.execPath, MAIN, ...args]
  const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script, ...words], {
    encoding: 'utf8',
  })
  return { exitCode: status, stdout, stderr }
}
const canBind = process.getuid?.() === 0 && existsSync(DEFAULT)

describe('--smb-conf', () => {
  it('makes scan and show know a share’s own names', async () => {
    const { folder, file, smbConf } = aShare()
    const scan = await runCli(['scan', folder, '--format', 'ndjson', '--smb-conf', smbConf])
    expect(scan.exitCode).toBe(0)
    expect(records(scan)).toMatchObject([{ path: file, stream: 'mark', size: 1 }])
    expect(records(await runCli(['scan', folder, '--format', 'ndjson']))).toEqual([])
    const show = await runCli(['show', file, '--stream', 'mark', '--raw', '--smb-conf', smbConf])
    expect(show).toMatchObject({ exitCode: 0, stdout: 'x' })
  })

  it('fails with what is wrong when the file cannot be used', async () => {
    const { folder, smbConf } = aShare('include = registry\n')
    const absent = await runCli(['scan', folder, '--smb-conf', join(folder, 'absent')])
    expect(absent.exitCode).toBe(1)
    expect(absent.stderr).toContain('absent')
    const refused = await runCli(['scan', folder, '--smb-conf', smbConf])
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain('smb.conf line 1 includes the registry')
  })
})

describe.skipIf(!canBind)(`${DEFAULT} (needs root and samba)`, () => {
  it('is read without being asked for', () => {
    const { folder, file, smbConf } = aShare()
    const scan = runWithDefault(smbConf, 'scan', folder, '--format', 'ndjson')
    expect(records(scan)).toMatchObject([{ path: file, stream: 'mark' }])
    expect(scan.exitCode).toBe(0)
  })

  it('makes a scan incomplete, and not clean, where it does not say it all', () => {
    const { folder, smbConf } = aShare('include = registry\n')
    const scan = runWithDefault(smbConf, 'scan', folder, '--format', 'ndjson')
    expect(scan.exitCode).toBe(3)
    expect(scan.stderr).toContain(' 1 unreadable')
    expect(scan.stderr).toContain('includes the registry')
  })
})
