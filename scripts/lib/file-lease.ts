/** A process that has a file to itself, as smbd has it for a client with an oplock. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** The kernel asks for it back by SIGIO, and takes it after 45 s. */
const HOLD = `
import fcntl, os, signal, sys
signal.signal(signal.SIGIO, lambda *_: None)
file = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
sys.stdin.read()
`

/** Resolves to what gives it back. */
export async function holdLease(path: string): Promise<() => Promise<void>> {
  const child = spawn('python3', ['-c', HOLD, path], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'exit')
  const isHeld = await Promise.race([once(child.stdout, 'data'), ended.then(() => null)])
  if (isHeld === null) throw new Error(`no lease on ${path}: ${said.trim().split('\n').at(-1)}`)
  return async () => {
    child.stdin.end()
    await ended
  }
}
