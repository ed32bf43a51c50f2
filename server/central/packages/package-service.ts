/** The agent's packages in central's data folder. An administrator puts them there; central only reads. */
import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Compile } from 'typebox/compile'
import { type OfferedPackage, PackageName } from '../../protocol/api/packages.ts'
import { AppError } from '../../shared/app-error.ts'
import { toTimestamp } from '../../shared/clock.ts'

export interface PackageService {
  /** Newest first. */
  list(): Promise<OfferedPackage[]>
  /** Throws PACKAGE_NOT_FOUND. */
  open(name: string): Promise<{ sizeBytes: number; content: Readable }>
}

const MOST_PACKAGES = 100
const isName = Compile(PackageName)

export function createPackageService(dataDir: string): PackageService {
  const folder = join(dataDir, 'packages')
  /** By name, size and time: a package is 45 MB, and lists are asked for often. */
  const known = new Map<string, string>()

  async function find(name: string): Promise<Stats | null> {
    if (!isName.Check(name)) return null
    // A link would hand out what is not a package.
    const stats = await lstat(join(folder, name)).catch(() => null)
    return stats?.isFile() ? stats : null
  }

  async function hashOf(name: string, { size, mtimeMs }: Stats): Promise<string> {
    const key = `${name}\n${size}\n${mtimeMs}`
    const kept = known.get(key)
    if (kept !== undefined) return kept
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(join(folder, name))) hash.update(chunk as Buffer)
    const sha256 = hash.digest('hex')
    if (known.size >= MOST_PACKAGES) known.clear()
    known.set(key, sha256)
    return sha256
  }

  return {
    list: async () => {
      const names = await readdir(folder).catch(() => [] as string[])
      const found: { stats: Stats; name: string }[] = []
      for (const name of names) {
        const stats = await find(name)
        if (stats !== null) found.push({ stats, name })
      }
      found.sort((one, other) => other.stats.mtimeMs - one.stats.mtimeMs)
      const packages: OfferedPackage[] = []
      for (const { stats, name } of found.slice(0, MOST_PACKAGES)) {
        packages.push({
          name,
          sizeBytes: stats.size,
          sha256: await hashOf(name, stats),
          modifiedAt: toTimestamp(Math.floor(stats.mtimeMs)),
          command: commandFor(name),
        })
      }
      return packages
    },

    open: async (name) => {
      const stats = await find(name)
      if (stats === null) {
        throw new AppError(
          'PACKAGE_NOT_FOUND',
          404,
          `There is no package ${name}. Put it into the folder "packages" of central's data folder.`,
        )
      }
      const content = createReadStream(join(folder, name), { end: Math.max(stats.size - 1, 0) })
      return { sizeBytes: stats.size, content }
    },
  }
}

/** Ready to run but for the enrolment string, which is shown only once, when it is made. */
function commandFor(name: string): string {
  const enrolment = 'ENROLMENT-STRING'
  if (name.endsWith('.msi')) return `msiexec /i ${name} /qn ENROLMENT="${enrolment}"`
  const configure = `agent service configure --enrolment '${enrolment}'`
  if (name.endsWith('.deb')) {
    return `apt-get install -y ./${name} && sidestream ${configure} && sidestream agent service start`
  }
  return `tar -xf ${name} -C /opt # then: bin/node server/cli/sidestream.mjs ${configure.replace('configure', 'install')}`
}
