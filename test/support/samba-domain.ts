/**
 * A real Active Directory: Samba as the one controller of a domain of its own, on a loopback address of its own because
 * its ports are fixed. Provisioning takes ten seconds. Needs root.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findProgram } from '../../scripts/lib/run.ts'
import { makeCertificates } from './certificates.ts'
import { makeTempFolder, removeTempFolder } from './temp-folder.ts'

const ADDRESS = '127.77.0.1'
export const DOMAIN_BASE = 'DC=corp,DC=example'
export const DOMAIN_SUFFIX = 'corp.example'
export const ADMINISTRATOR_PASSWORD = 'Only-4-this-test'

/** Null: it can be started here. */
export function whyDomainCannotRun(): string | null {
  const isThere = findProgram('samba') !== undefined && existsSync('/usr/share/samba/setup')
  if (!isThere) return 'sudo apt-get install -y samba samba-ad-provision samba-dsdb-modules'
  return process.getuid?.() === 0 ? null : 'sudo -E npm test'
}

export interface SambaDomain {
  readonly url: string
  readonly caFile: string
  /** Runs samba-tool on the domain’s database. */
  tool(...args: string[]): void
  stop(): Promise<void>
}

export async function startDomain(): Promise<SambaDomain> {
  const folder = makeTempFolder()
  const { caFile, certFile, keyFile } = makeCertificates(folder, ADDRESS)
  const dc = join(folder, 'dc')
  mkdirSync(dc)
  const options = {
    interfaces: `${ADDRESS}/8`,
    'bind interfaces only': 'yes',
    'server services': 'ldap',
    'tls certfile': certFile,
    'tls keyfile': keyFile,
    'tls cafile': caFile,
  }
  const optionArgs = Object.entries(options).map(([name, value]) => `--option=${name}=${value}`)
  execFileSync(
    'samba-tool',
    [
      ...['domain', 'provision', '--realm=CORP.EXAMPLE', '--domain=CORP', '--server-role=dc'],
      ...['--host-name=dc1', '--dns-backend=NONE', `--targetdir=${dc}`, ...optionArgs],
      `--adminpass=${ADMINISTRATOR_PASSWORD}`,
    ],
    { stdio: 'pipe' },
  )
  const config = join(dc, 'etc', 'smb.conf')
  // In a process group of its own, because samba ends by signalling the whole group it is in.
  const samba = spawn(
    findProgram('samba')!,
    ['-s', config, '--interactive', '--model=single', '--no-process-group'],
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
  )
  const stop = async (): Promise<void> => {
    if (samba.exitCode === null && samba.signalCode === null) {
      samba.kill('SIGTERM')
      const ended = once(samba, 'exit')
      await Promise.race([ended, delay(5_000)])
      if (samba.exitCode === null && samba.signalCode === null) samba.kill('SIGKILL')
      await ended
    }
    removeTempFolder(folder)
  }
  try {
    await untilListening(samba)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: `ldaps://${ADDRESS}`,
    caFile,
    tool: (...args) =>
      void execFileSync('samba-tool', [...args, `--configfile=${config}`], { stdio: 'pipe' }),
    stop,
  }
}

async function untilListening(samba: { exitCode: number | null }): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (samba.exitCode !== null) throw new Error(`samba ended with ${samba.exitCode}`)
    const socket = connect(636, ADDRESS)
    const isOpen = await new Promise<boolean>((done) => {
      socket.once('connect', () => done(true)).once('error', () => done(false))
    })
    socket.destroy()
    if (isOpen) return
    await delay(100)
  }
  throw new Error('samba does not listen after 20 s')
}
