import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const PROGRAM = 'a-peer-that-nobody-has'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ss-packages-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What `apt-get` is, for a process whose PATH leads nowhere else. */
function writeAptGet(script: string): void {
  writeFileSync(join(folder, 'apt-get'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

function bring(): { missing: string | null; said: string } {
  const code = `
    import { bring, programOf } from './scripts/bench/lib/packages.ts'
    const missing = bring([programOf('a-package', '${PROGRAM}'), { package: 'there', isThere: () => true }])
    console.log(JSON.stringify(missing))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    env: { PATH: folder, FOLDER: folder },
  })
  const lines = stdout.trimEnd().split('\n')
  return { missing: JSON.parse(lines.at(-1)!), said: lines.slice(0, -1).join('\n') }
}

describe.runIf(process.getuid?.() === 0)('what a benchmark measures against', () => {
  it('is installed where it is missing, and said', () => {
    writeAptGet(
      `echo "$*" > "$FOLDER/asked"; echo '#!/bin/sh' > "$FOLDER/${PROGRAM}"; /bin/chmod +x "$FOLDER/${PROGRAM}"`,
    )
    expect(bring()).toEqual({ missing: null, said: 'installing a-package …' })
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe(
      'install -y --no-install-recommends a-package\n',
    )
    rmSync(join(folder, 'asked'))
    expect(bring()).toEqual({ missing: null, said: '' })
  })

  it('is named with the command where apt-get fails', () => {
    writeAptGet('echo "E: Unable to locate package a-package" >&2; exit 100')
    const { missing, said } = bring()
    expect(missing).toBe('sudo apt-get install -y a-package')
    expect(said).toContain('could not install a-package: E: Unable to locate package a-package')
  })

  it('is named with the command where there is no apt-get', () => {
    expect(bring()).toEqual({ missing: 'sudo apt-get install -y a-package', said: '' })
  })
})
