/** A real slapd on loopback ports, with a configuration, database and certificate of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findProgram } from '../../scripts/lib/run.ts'
import { makeCertificates } from './certificates.ts'
import { freePort } from './free-port.ts'
import { makeTempFolder, removeTempFolder } from './temp-folder.ts'

export const SUFFIX = 'dc=example,dc=com'
export const ROOT_DN = `cn=root,${SUFFIX}`
export const ROOT_PASSWORD = 'the-root-of-this-test'

/** Null: it can be started here. */
export function whySlapdCannotRun(): string | null {
  const isThere = ['slapd', 'slapadd', 'ldapmodify', 'openssl'].every((name) => findProgram(name))
  return isThere ? null : 'sudo apt-get install -y slapd ldap-utils openssl'
}

export interface SlapdServer {
  /** Plain, and with StartTLS. */
  readonly url: string
  readonly tlsUrl: string
  readonly caFile: string
  /** LDIF with changes. */
  modify(ldif: string): void
  /** Stopping and going on, with the same data on the same ports. */
  pause(): Promise<void>
  resume(): Promise<void>
  stop(): Promise<void>
}

export async function startSlapd(ldif: string): Promise<SlapdServer> {
  const folder = makeTempFolder()
  mkdirSync(join(folder, 'db'))
  const { caFile, certFile, keyFile } = makeCertificates(folder)
  const config = join(folder, 'slapd.conf')
  writeFileSync(config, configuration(folder, { caFile, certFile, keyFile }))
  execFileSync(findProgram('slapadd')!, ['-f', config], {
    input: ldif,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const [port, tlsPort] = [await freePort(), await freePort()]
  const url = `ldap://127.0.0.1:${port}`
  const tlsUrl = `ldaps://127.0.0.1:${tlsPort}`
  let slapd: ChildProcess | undefined
  const resume = async (): Promise<void> => {
    // -d keeps it in the foreground.
    slapd = spawn(findProgram('slapd')!, ['-f', config, '-h', `${url} ${tlsUrl}`, '-d', '0'], {
      stdio: 'ignore',
    })
    await untilListening(port, slapd)
  }
  const pause = async (): Promise<void> => {
    if (slapd === undefined || slapd.exitCode !== null) return
    slapd.kill('SIGTERM')
    await once(slapd, 'exit')
  }
  const stop = async (): Promise<void> => {
    await pause()
    removeTempFolder(folder)
  }
  try {
    await resume()
  } catch (error) {
    await stop()
    throw error
  }
  const modify = (changes: string): void => {
    const args = ['-x', '-H', url, '-D', ROOT_DN, '-w', ROOT_PASSWORD]
    execFileSync('ldapmodify', args, { input: changes, stdio: ['pipe', 'pipe', 'pipe'] })
  }
  return { url, tlsUrl, caFile, modify, pause, resume, stop }
}

function configuration(
  folder: string,
  { caFile, certFile, keyFile }: { caFile: string; certFile: string; keyFile: string },
): string {
  return [
    ...['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`),
    `pidfile ${join(folder, 'slapd.pid')}`,
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    `TLSCACertificateFile ${caFile}`,
    `TLSCertificateFile ${certFile}`,
    `TLSCertificateKeyFile ${keyFile}`,
    // As many directories still do: a bind without a password "succeeds".
    'allow bind_anon_dn bind_anon_cred',
    'database mdb',
    `suffix "${SUFFIX}"`,
    `rootdn "${ROOT_DN}"`,
    `rootpw ${ROOT_PASSWORD}`,
    `directory ${join(folder, 'db')}`,
    'access to attrs=userPassword by anonymous auth by * none',
    'access to * by users read by * none',
    '',
  ].join('\n')
}

async function untilListening(port: number, slapd: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (slapd.exitCode !== null) throw new Error(`slapd ended with ${slapd.exitCode}`)
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>((done) => {
      socket.once('connect', () => done(true)).once('error', () => done(false))
    })
    socket.destroy()
    if (isOpen) return
    await delay(25)
  }
  throw new Error('slapd does not listen')
}
