/**
 * A copy of this machine that can be changed at will: its files lie under a layer in memory, which vanishes with the
 * process that holds it. Network and processes are the machine's own; /run is empty, so no systemd is asked.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface Finished {
  readonly status: number
  readonly output: string
}

export interface CopiedMachine {
  /** As root, in the copy. */
  run(program: string, ...args: string[]): Promise<Finished>
  /** As root, in the copy, left running. */
  start(program: string, ...args: string[]): ChildProcess
  /** Of this machine's files, to the same place there. */
  put(from: string, to: string): Promise<void>
  close(): Promise<void>
}

const SETUP = `set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/machine"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/machine"
mount -t proc proc "$1/machine/proc"
mount --rbind /dev "$1/machine/dev"
mount -t tmpfs -o mode=1777 tmpfs "$1/machine/tmp"
echo ready
exec sleep infinity`

/** `folder` is empty. */
export async function copyMachine(folder: string): Promise<CopiedMachine> {
  const holder = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', SETUP, 'sh', folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const said = await Promise.race([
    once(holder.stdout, 'data').then(String),
    once(holder, 'exit').then(() => 'nothing'),
  ])
  if (said.trim() !== 'ready') throw new Error('this machine could not be copied')
  const root = join(folder, 'machine')
  const enter = ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`, '--']
  const inside = (command: string[]) => [...enter, 'chroot', root, ...command]
  return {
    run: (...command) => finish(inside(command)),
    start: (...command) => {
      const [program, ...args] = inside(command)
      return spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    },
    put: async (from, to) => {
      const { status, output } = await finish([...enter, 'cp', from, join(root, to)])
      if (status !== 0) throw new Error(output)
    },
    close: async () => {
      holder.kill('SIGKILL')
      await once(holder, 'exit')
    },
  }
}

function finish([program, ...args]: string[]): Promise<Finished> {
  const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
  return new Promise((resolve) => {
    execFile(program!, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ status, output: `${stdout}${stderr}` })
    })
  })
}
