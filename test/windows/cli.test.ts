import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { records, sidestream } from '../support/sidestream-cli.ts'
import { MARK, writeAwkwardCarriers } from './support/fixture.ts'
import {
  openVolume,
  SETUP_MS,
  type WindowsVolume,
  windowsCli,
  windowsPath,
} from './support/windows.ts'

interface Listed {
  path: string
  stream: string
  links: string[]
  zone: { hostUrl?: string } | null
}

const scan = (...args: string[]) => {
  const { status, stdout, stderr } = windowsCli(['scan', ...args])
  return { exitCode: status, stdout, stderr }
}

let volume: WindowsVolume
beforeAll(() => {
  volume = openVolume()
  writeAwkwardCarriers(volume.folder)
}, SETUP_MS)
afterAll(() => volume.remove())

describe('sidestream on Windows', () => {
  it('scans a folder to NDJSON, marks explained, and ends with 0', () => {
    const result = scan(`${volume.drive}\\`, '--format', 'ndjson')
    expect(result.stderr).toContain('0 unreadable')
    expect(result.exitCode).toBe(0)
    const setup = records<Listed>(result).find(({ path }) => path.endsWith('setup.exe'))
    expect(setup?.path).toBe(`${volume.drive}\\setup.exe`)
    expect(setup?.zone?.hostUrl).toBe('https://downloads.example.com/setup.exe')
  })

  it('shows one file’s mark', () => {
    const { status, stdout } = windowsCli(['show', `${volume.drive}\\setup.exe`])
    expect(status).toBe(0)
    expect(stdout).toContain('downloads.example.com')
  })

  it('names what is wrong with a target that is not there', () => {
    const { exitCode, stderr } = scan(`${volume.drive}\\nothing here`)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('nothing here')
  })

  it('prints the same records for a volume as Linux does for its image', () => {
    const onWindows = scan(volume.drive, '--hash', '--format', 'ndjson')
    expect(onWindows.exitCode).toBe(0)
    volume.unmount()
    const onLinux = sidestream('scan', volume.image, '--hash', '--format', 'ndjson')
    const lines = (text: string) => text.split('\n').filter(Boolean).sort()
    expect(lines(onWindows.stdout)).toEqual(lines(onLinux.stdout))
  })

  it('scans a disk image that lies in an ordinary file', () => {
    const copy = join(tmpdir(), `sidestream-${process.pid}.img`)
    writeFileSync(copy, MARK)
    try {
      expect(scan(windowsPath(copy)).exitCode).toBe(1)
      const result = scan(windowsPath(volume.image), '--format', 'ndjson')
      expect(result.stderr).toContain('0 unreadable')
      expect(records<Listed>(result).length).toBeGreaterThan(100)
    } finally {
      rmSync(copy)
    }
  })
})
