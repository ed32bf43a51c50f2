import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findProgram } from '../../../scripts/lib/run.ts'
import { signFile } from '../../../scripts/package/sign.ts'
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.ts'

let folder: string
beforeAll(() => {
  folder = makeTempFolder()
})
afterAll(() => {
  vi.unstubAllEnvs()
  removeTempFolder(folder)
})

const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })

/** One file of text as an MSI, enough for a signature. */
function smallMsi(): string {
  writeFileSync(join(folder, 'a.txt'), 'a')
  writeFileSync(
    join(folder, 'a.wxs'),
    `<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi"><Product Id="*" Name="a" Language="1033" Version="1.0.0" Manufacturer="a" UpgradeCode="1F1C8B0E-6D0E-4C58-9D6F-52A5B7C0E101"><Package Compressed="yes"/><Media Id="1" Cabinet="a.cab" EmbedCab="yes"/><Directory Id="TARGETDIR" Name="SourceDir"><Component Id="c" Guid="1F1C8B0E-6D0E-4C58-9D6F-52A5B7C0E102"><File Id="f" Name="a.txt" Source="a.txt" KeyPath="yes"/></Component></Directory><Feature Id="F" Level="1"><ComponentRef Id="c"/></Feature></Product></Wix>`,
  )
  execFileSync('wixl', ['-o', 'a.msi', 'a.wxs'], { cwd: folder, stdio: 'ignore' })
  return join(folder, 'a.msi')
}

describe('signing a package', () => {
  it.runIf(findProgram('osslsigncode') && findProgram('wixl'))(
    'makes a signature that osslsigncode verifies, and breaks when a byte changes',
    () => {
      const subject = ['-subj', '/CN=signer', '-addext', 'extendedKeyUsage=codeSigning']
      openssl(
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        'k',
        '-out',
        'c',
        ...subject,
      )
      openssl(
        'pkcs12',
        '-export',
        '-inkey',
        'k',
        '-in',
        'c',
        '-out',
        'c.p12',
        '-passout',
        'pass:secret',
      )
      const msi = smallMsi()
      vi.stubEnv('SIDESTREAM_SIGN_PASSWORD', 'secret')
      signFile(msi, join(folder, 'c.p12'), 'a test')
      const verify = () =>
        spawnSync('osslsigncode', ['verify', '-CAfile', 'c', '-in', 'a.msi'], {
          cwd: folder,
          encoding: 'utf8',
        })
      expect(verify().stdout).toContain('Signature verification: ok')
      const bytes = readFileSync(msi)
      const place = bytes.indexOf('MSCF') + 8
      bytes[place] = bytes[place]! + 1
      writeFileSync(msi, bytes)
      expect(verify().stdout).not.toContain('Signature verification: ok')
    },
  )
})
