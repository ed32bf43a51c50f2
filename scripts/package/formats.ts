/** Staged files into one file that people install: MSI, tar or deb. */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { agentUnit, centralUnit } from '../../server/cli/systemd-units.ts'
import { findProgram } from '../lib/run.ts'
import { type CabinetFile, writeCabinet } from './msi/cabinet.ts'
import { CABINET, CORRECTIONS, fileId, productXml } from './msi/product.ts'
import type { Architecture, Target } from './packing-list.ts'
import type { Staged } from './stage.ts'

/** Where a Linux package's program lies. */
const LINUX_HOME = '/opt/sidestream'
const DEBIAN_ARCHITECTURE: Readonly<Record<Architecture, string>> = { x64: 'amd64', arm64: 'arm64' }

export function buildMsi(staged: Staged, version: string, output: string): void {
  need('wixl', 'wixl')
  need('msibuild', 'msitools')
  // wixl looks for files beside their description, and for absolute ones nowhere.
  const description = join(staged.folder, 'sidestream.wxs')
  writeFileSync(description, productXml(staged, version))
  rmSync(output, { force: true })
  run('wixl', ['-a', 'x64', '-o', output, description])
  for (const correction of CORRECTIONS) run('msibuild', [output, '-q', correction])
  const cabinet = join(staged.folder, CABINET)
  writeCabinet(filesInSequence(staged, output), cabinet)
  run('msibuild', [output, '-a', CABINET, cabinet])
}

/** The installer reads the cabinet once, so its files lie in the order in which the File table counts them. */
function filesInSequence(staged: Staged, msi: string): CabinetFile[] {
  const table = execFileSync('msiinfo', ['export', msi, 'File'], { encoding: 'utf8' })
  const columns = table.split(/\r?\n/).map((line) => line.split('\t'))
  const sequence = new Map(columns.map((row) => [row[0], Number(row[7])]))
  return staged.files
    .map((path) => ({ name: fileId(path), path: join(staged.folder, path) }))
    .sort((one, other) => sequence.get(one.name)! - sequence.get(other.name)!)
}

export function buildTar(staged: Staged, name: string, output: string): void {
  // The same files make the same archive, whoever packs them.
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
  setModes(staged.folder, ['bin/node'])
  const rename = `--transform=s,^\\.,${name},`
  run('tar', [...same, rename, '--zstd', '-cf', output, '-C', staged.folder, '.'])
}

/** Program in /opt, units in /lib, the command in /usr/bin. Removing keeps state, purging takes it away. */
export function buildDeb(staged: Staged, target: Target, version: string, output: string): void {
  need('dpkg-deb', 'dpkg')
  const top = `${staged.folder}.deb-root`
  rmSync(top, { recursive: true, force: true })
  const home = `${LINUX_HOME}/${target.product}`
  cpSync(staged.folder, join(top, home), { recursive: true })
  const programs = { node: `${home}/bin/node`, main: `${home}/server/cli/sidestream.mjs` }
  const isAgent = target.product === 'agent'
  const unit = isAgent ? 'sidestream-agent.service' : 'sidestream-central.service'
  const executable = [programs.node]
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(top, path)), { recursive: true })
    writeFileSync(join(top, path), text)
  }
  put(`/lib/systemd/system/${unit}`, isAgent ? agentUnit(programs) : centralUnit(programs))
  const command = isAgent ? 'sidestream' : 'sidestream-central'
  put(
    `/usr/bin/${command}`,
    `#!/bin/sh\nexec ${programs.node} --max-semi-space-size=4 ${programs.main} ${isAgent ? '' : 'central '}"$@"\n`,
  )
  executable.push(`/usr/bin/${command}`)
  put('/DEBIAN/control', controlText(target, version))
  for (const [script, text] of Object.entries(scriptsOf(target, unit))) {
    put(`/DEBIAN/${script}`, text)
    executable.push(`/DEBIAN/${script}`)
  }
  setModes(top, executable)
  rmSync(output, { force: true })
  // As Debian 12 and Ubuntu take it: a tenth of xz's time for a tenth more bytes.
  run('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z9', '--build', top, output])
  rmSync(top, { recursive: true, force: true })
}

/** Everybody may read, root may write, whatever the modes of the checkout and of npm's packages. */
function setModes(folder: string, executable: readonly string[]): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)
  }
  for (const path of executable) chmodSync(join(folder, path), 0o755)
}

function controlText({ product, arch }: Target, version: string): string {
  // useradd, for the user of its own.
  const more = product === 'central' ? ', passwd' : ''
  const what = product === 'agent' ? 'agent of one machine' : 'server that agents report to'
  return `Package: sidestream-${product}
Version: ${version}
Architecture: ${DEBIAN_ARCHITECTURE[arch]}
Maintainer: Sidestream <noreply@example.com>
Section: admin
Priority: optional
Depends: libc6 (>= 2.28), libstdc++6${more}
Description: Sidestream: ${what}
 Finds, explains, tracks, removes and restores NTFS alternate data streams
 on one PC and across a fleet.
`
}

function scriptsOf({ product }: Target, unit: string): Record<string, string> {
  const isAgent = product === 'agent'
  const state = isAgent ? '/var/lib/sidestream' : '/var/lib/sidestream-central'
  const user = isAgent
    ? ''
    : `if ! getent passwd sidestream >/dev/null; then
  useradd --system --home-dir ${state} --no-create-home --shell /usr/sbin/nologin sidestream
fi
`
  const systemd = '[ -d /run/systemd/system ]'
  return {
    // The agent starts once it knows what to scan: "sidestream agent service configure".
    postinst: `#!/bin/sh
set -e
${user}if ${systemd}; then
  systemctl daemon-reload
  if systemctl is-enabled --quiet ${unit}; then systemctl restart ${unit}; fi
fi
`,
    prerm: `#!/bin/sh
set -e
if [ "$1" = remove ] && ${systemd}; then systemctl disable --now ${unit} || true; fi
rm -rf ${LINUX_HOME}/${product}/.sidestream
`,
    postrm: `#!/bin/sh
set -e
if [ "$1" = purge ]; then rm -rf ${state}; fi
if ${systemd}; then systemctl daemon-reload; fi
`,
  }
}

function need(program: string, packageName: string): void {
  if (findProgram(program) === undefined) {
    throw new Error(`${program} is missing: sudo apt-get install -y ${packageName}`)
  }
}

function run(program: string, args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}
