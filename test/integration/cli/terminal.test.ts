/** On a real pseudo-terminal, by Python's pty: what a person sees. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { python } from '../../support/ntfs-3g-volume.ts'
import { MAIN, officeImage, temporaryPlace, writeStreams } from './run-cli.ts'

const place = temporaryPlace()
const folder = join(place.folder, 'a-long-folder-name', 'and-another-long-folder-name')
let image = ''

beforeAll(() => {
  image = officeImage(place.folder)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'the-end.exe'), 'x')
  writeStreams(join(folder, 'the-end.exe'), { ['a-long-stream-name'.repeat(5)]: 'x' })
})

afterAll(() => place.remove())

const PTY = `
import fcntl, json, os, pty, struct, sys, termios
args, columns, env = json.load(sys.stdin)
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.environ.update(env)
    os.execv(args[0], args)
output = b""
while True:
    try:
        data = os.read(master, 65536)
    except OSError:
        break
    if not data: break
    output += data
os.waitpid(pid, 0)
sys.stdout.write(json.dumps(output.decode("utf-8", "replace")))
`

function onTerminal(args: string[], columns = 80, env: Record<string, string> = {}): string {
  return JSON.parse(python(PTY, [], [[process.execPath, MAIN, ...args], columns, env])).replaceAll(
    '\r\n',
    '\n',
  )
}

it('fits the table into the terminal, and shortens paths in their middle', () => {
  const shown = onTerminal(['scan', place.folder, '--no-progress'])
  const rows = stripVTControlCharacters(shown).split('\n')
  for (const row of rows) expect(row.length).toBeLessThanOrEqual(80)
  expect(rows[1]).toMatch(/…\S*the-end\.exe$/)
  expect(rows[1]).toContain('a-lon…')
})

it('colours the verdict, unless NO_COLOR is set', () => {
  const args = ['scan', place.folder, '--no-progress']
  expect(onTerminal(args)).toContain('\u001b[35munknown')
  expect(onTerminal(args, 80, { NO_COLOR: '1' })).not.toContain('\u001b')
})

it('draws a progress bar and takes it away before each row', () => {
  const shown = onTerminal(['scan', image])
  expect(shown).toMatch(/░/)
  expect(shown.lastIndexOf('\u001b[2K')).toBeGreaterThan(shown.lastIndexOf('░'))
  expect(shown).toMatch(/\u001b\[2K +Size {2}Verdict/)
  expect(shown).toMatch(/\u001b\[2Kscanned \d+ carriers: .*\n$/)
})

it('refuses to write raw bytes to a terminal', () => {
  expect(onTerminal(['show', image, '--stream', 'root-note', '--raw'])).toMatch(
    /send it to a file.*\[BAD_USAGE\]\n$/,
  )
})
