/** A real smbd on a loopback port, with a configuration and state of its own. Needs root. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { makeTempFolder, removeTempFolder } from './temp-folder.ts'

const SMBD = ['/usr/sbin/smbd', '/usr/local/samba/sbin/smbd'].find((path) => existsSync(path))

/** Null if smbd with vfs_streams_xattr can be started here; else what is missing, and how to get it. */
export function whySambaCannotRun(): string | null {
  if (SMBD === undefined || spawnSync('smbclient', ['--version']).status !== 0) {
    return 'apt install samba smbclient samba-vfs-modules'
  }
  const { stdout } = spawnSync(SMBD, ['-b'], { encoding: 'utf8' })
  const modules = /^\s*MODULESDIR:\s*(.+)$/m.exec(stdout)?.[1] ?? ''
  const isBuiltIn = /vfs_streams_xattr_init/.test(stdout)
  if (!isBuiltIn && !existsSync(join(modules, 'vfs', 'streams_xattr.so'))) {
    return 'apt install samba-vfs-modules'
  }
  return process.getuid?.() === 0 ? null : 'run the tests as root'
}

export interface SambaServer {
  /** The folder behind the share. */
  readonly share: string
  /** Its smb.conf. */
  readonly config: string
  /** Runs smbclient commands in the share and returns what it printed. Throws if one failed. */
  run(commands: string): string
  stop(): Promise<void>
}

/**
 * `shareOptions`: further lines for the share's section of smb.conf. `parent`: where its folder is made, and
 * so on which file system the share is.
 */
export async function startSamba(
  shareOptions: readonly string[] = [],
  parent?: string,
): Promise<SambaServer> {
  const folder = makeTempFolder(parent)
  const share = join(folder, 'share')
  mkdirSync(share)
  const port = await freePort()
  const config = join(folder, 'smb.conf')
  writeFileSync(config, configuration(folder, port, shareOptions))
  // In a process group of its own, because smbd ends by signalling the whole group it is in.
  const smbd = spawn(SMBD!, ['--foreground', '--no-process-group', '-s', config], {
    stdio: 'ignore',
    detached: true,
  })
  const stop = async () => {
    await end(smbd)
    removeTempFolder(folder)
  }
  try {
    await untilListening(port, smbd)
  } catch (error) {
    await stop()
    throw error
  }
  const run = (commands: string) => {
    const args = ['//127.0.0.1/share', '-p', String(port), '-N', '-s', config, '-c', commands]
    const { status, stdout, stderr } = spawnSync('smbclient', args, { encoding: 'utf8' })
    if (status !== 0 || /NT_STATUS_/.test(stdout)) throw new Error(`smbclient: ${stdout}${stderr}`)
    return stdout
  }
  return { share, config, run, stop }
}

function configuration(folder: string, port: number, shareOptions: readonly string[]): string {
  const own = (option: string) => {
    const path = join(folder, option.replaceAll(' ', '-'))
    mkdirSync(path)
    return `${option} = ${path}`
  }
  return [
    '[global]',
    'server role = standalone server',
    `smb ports = ${port}`,
    'interfaces = 127.0.0.1',
    'bind interfaces only = yes',
    ...['private dir', 'lock directory', 'state directory', 'cache directory'].map(own),
    ...['pid directory', 'ncalrpc dir'].map(own),
    `log file = ${join(folder, 'log')}`,
    'map to guest = Bad User',
    'guest account = root',
    'disable spoolss = yes',
    'load printers = no',
    '[share]',
    `path = ${join(folder, 'share')}`,
    'guest ok = yes',
    'read only = no',
    'vfs objects = streams_xattr',
    ...shareOptions,
    '',
  ].join('\n')
}

async function untilListening(port: number, smbd: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (smbd.exitCode !== null) throw new Error(`smbd ended with ${smbd.exitCode}`)
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>((done) => {
      socket.once('connect', () => done(true)).once('error', () => done(false))
    })
    socket.destroy()
    if (isOpen) return
    await delay(100)
  }
  throw new Error('smbd does not listen after 10 s')
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await Promise.race([ended, delay(5000)])
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  await ended
}
