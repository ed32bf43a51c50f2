import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../scripts/lib/run.ts'
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.ts'
import { type CopiedMachine, copyMachine } from './copied-machine.ts'

const VERSION = '0.1.0'
const BUILD_MS = 300_000
const HOME = '/opt/sidestream'

let folder: string
let machine: CopiedMachine

async function packageOf(product: string): Promise<string> {
  const script = join(root, 'scripts/package/package-agent.ts')
  const args = ['--format', 'deb', '--product', product, '--version', VERSION, '--out', folder]
  await promisify(execFile)(process.execPath, [script, ...args])
  return join(folder, `sidestream-${product}-${VERSION}-linux-${process.arch}.deb`)
}

beforeAll(async () => {
  folder = makeTempFolder()
  machine = await copyMachine(makeTempFolder(folder))
  for (const product of ['agent', 'central']) {
    await machine.put(await packageOf(product), `/tmp/${product}.deb`)
  }
}, BUILD_MS)

afterAll(async () => {
  await machine?.close()
  removeTempFolder(folder)
})

/** Its output; rejects unless it ended with 0. */
async function done(...command: [string, ...string[]]): Promise<string> {
  const { status, output } = await machine.run(...command)
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${output}`)
  return output
}

const exists = async (path: string) => (await machine.run('test', '-e', path)).status === 0

describe('the Debian package of the agent', () => {
  it('installs files that all may read and root alone may write', async () => {
    await done('dpkg', '--install', '/tmp/agent.deb')
    expect(await done('dpkg', '--verify', 'sidestream-agent')).toBe('')
    const odd = ['!', '-user', 'root', '-o', '-perm', '/022', '-o', '!', '-perm', '-444']
    expect(await done('find', `${HOME}/agent`, ...odd)).toBe('')
    const programs = await done('find', `${HOME}/agent`, '-type', 'f', '-perm', '/111')
    expect(programs).toBe(`${HOME}/agent/bin/node\n`)
  })

  it('brings a command that lists the streams of an image', async () => {
    expect(await done('sidestream', '--version')).toBe(`${VERSION}\n`)
    const image = join(folder, 'office-pc.img')
    const packed = readFileSync(join(root, 'test/fixtures/volumes/office-pc.img.gz'))
    writeFileSync(image, gunzipSync(packed))
    await machine.put(image, '/tmp/office-pc.img')
    const listed = await done('sidestream', 'scan', '/tmp/office-pc.img', '--format', 'ndjson')
    expect(listed).toContain('AcmeSetup-4.2.exe')
  })

  it('brings a unit that systemd understands, and that names files which are there', async () => {
    const unit = '/lib/systemd/system/sidestream-agent.service'
    const said = await done('systemd-analyze', 'verify', '--man=no', unit)
    expect(said.split('\n').filter((line) => line.includes('sidestream'))).toEqual([])
    const text = await done('cat', unit)
    for (const [path] of text.matchAll(/\/opt\/sidestream\/[^\s"]+/g))
      await done('test', '-f', path)
  })

  it('keeps the state when a newer one is installed and when it is removed', async () => {
    await done('mkdir', '-p', '/var/lib/sidestream/agent')
    await done('touch', '/var/lib/sidestream/agent/identity.json')
    await done('dpkg', '--install', '/tmp/agent.deb')
    expect(await done('sidestream', '--version')).toBe(`${VERSION}\n`)
    await done('dpkg', '--remove', 'sidestream-agent')
    expect(await exists('/var/lib/sidestream/agent/identity.json')).toBe(true)
    for (const path of [`${HOME}/agent`, '/usr/bin/sidestream']) {
      expect(await exists(path), path).toBe(false)
    }
  })

  it('leaves nothing when purged', async () => {
    await done('dpkg', '--purge', 'sidestream-agent')
    expect(await exists('/var/lib/sidestream')).toBe(false)
    expect((await machine.run('dpkg', '--status', 'sidestream-agent')).status).not.toBe(0)
  })
})

describe('the Debian package of central', () => {
  it('makes a user of its own, and runs as that user', async () => {
    await done('dpkg', '--install', '/tmp/central.deb')
    expect(await done('getent', 'passwd', 'sidestream')).toContain('/usr/sbin/nologin')
    const unit = '/lib/systemd/system/sidestream-central.service'
    const said = await done('systemd-analyze', 'verify', '--man=no', unit)
    expect(said.split('\n').filter((line) => line.includes('sidestream'))).toEqual([])
    const state = '/var/lib/sidestream-central'
    await done('install', '-d', '-o', 'sidestream', '-g', 'sidestream', '-m', '700', state)
    const asUser = ['--reuid=sidestream', '--regid=sidestream', '--clear-groups']
    const args = ['sidestream-central', '--data', state, '--port', '0']
    const central = machine.start('setpriv', ...asUser, ...args)
    try {
      const [said] = (await once(central.stdout!, 'data')) as [Buffer]
      const url = /http:\S+/.exec(String(said))?.[0]
      expect((await fetch(`${url}/readyz`)).status).toBe(200)
    } finally {
      central.kill('SIGTERM')
      await once(central, 'exit')
    }
  })

  it('is purged with its state', async () => {
    await done('dpkg', '--purge', 'sidestream-central')
    expect(await exists('/var/lib/sidestream-central')).toBe(false)
    expect(await exists(HOME)).toBe(false)
  })
})
