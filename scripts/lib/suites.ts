/** The test suites: what each proves, what it needs of the machine, and the command that brings it. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, root } from './run.ts'

export interface Need {
  /** For people: what is missing. */
  what: string
  isMet: () => boolean
  /** The exact command that would enable the suite. */
  enable: string
}

export interface Suite {
  name: string
  proves: string
  /** Vitest files or folders; absent for a suite that is a program of its own. */
  files?: string[]
  /** Its files share one thing of the machine and must run one after another. */
  inOrder?: true
  /** Prints `N passed, N failed` as its last line. */
  program?: string[]
  needs: Need[]
}

const program = (name: string, packageName: string): Need => ({
  what: name,
  isMet: () => findProgram(name) !== undefined,
  enable: `sudo apt-get install -y ${packageName}`,
})

const isRoot: Need = {
  what: 'root, to mount volumes and serve shares',
  isMet: () => process.getuid?.() === 0,
  enable: 'sudo -E npm test',
}

const canMountFuse: Need = {
  what: '/dev/fuse',
  isMet: () => existsSync('/dev/fuse'),
  enable: 'sudo modprobe fuse',
}

const opensslHeaders: Need = {
  what: 'the headers of OpenSSL',
  isMet: () => existsSync('/usr/include/openssl/evp.h'),
  enable: 'sudo apt-get install -y libssl-dev',
}

const sambaModules: Need = {
  what: 'Samba’s modules streams_xattr and streams_depot',
  isMet: () => globSync('/usr/lib/{*-linux-*/,}samba/vfs/streams_{xattr,depot}.so').length === 2,
  enable: 'sudo apt-get install -y samba-vfs-modules',
}

const sambaDomain: Need = {
  what: 'what Samba makes a domain of',
  isMet: () => findProgram('samba') !== undefined && existsSync('/usr/share/samba/setup'),
  enable: 'sudo apt-get install -y samba samba-ad-provision samba-dsdb-modules',
}

const fuzzerRuntime: Need = {
  what: 'libFuzzer and the sanitizers of clang',
  isMet: () => globSync('/usr/lib/clang/*/lib/linux/libclang_rt.fuzzer*').length > 0,
  enable: 'sudo apt-get install -y libclang-rt-14-dev',
}

const ntfsMount = [
  isRoot,
  canMountFuse,
  program('mkntfs', 'ntfs-3g'),
  program('ntfs-3g', 'ntfs-3g'),
]

const samba = [isRoot, program('smbd', 'samba'), program('smbclient', 'smbclient'), sambaModules]

const windowsBench: Need = {
  what: 'Windows Node under Wine (2 GB in ~/.cache)',
  isMet: () => spawnSync(join(root, 'test/windows/bench/winbench'), ['ready']).status === 0,
  enable: 'sudo test/windows/bench/winbench setup',
}

const overlays: Need = {
  what: 'overlay file systems',
  isMet: () => readFileSync('/proc/filesystems', 'utf8').includes('\toverlay'),
  enable: 'sudo modprobe overlay',
}

const packagers = [program('wixl', 'wixl'), program('msibuild', 'msitools')]

const mingw: Need = {
  what: 'mingw-w64',
  isMet: () => findProgram('x86_64-w64-mingw32-g++-posix') !== undefined,
  enable: 'sudo apt-get install -y g++-mingw-w64-x86-64-posix',
}

export const SUITES: Suite[] = [
  {
    name: 'unit',
    proves: 'pure parts: parsers, verdicts, queries, schemas, who may import whom',
    files: ['test/unit'],
    needs: [],
  },
  {
    name: 'native',
    proves: 'decoding of on-disk structures, under address and undefined-behaviour sanitizers',
    program: ['scripts/test-native.sh'],
    needs: [program('g++', 'g++'), opensslHeaders],
  },
  {
    name: 'walk',
    proves:
      'the threads of a live walk, under the thread, address and undefined-behaviour sanitizers',
    program: ['scripts/test-walk.sh'],
    needs: [program('g++', 'g++'), opensslHeaders],
  },
  {
    name: 'fuzz',
    proves:
      'no input makes a decoder crash, hang or leave its bounds, as far as a minute each goes in CI, and ten seconds elsewhere',
    program: ['scripts/fuzz.ts', 'all', '--seconds', process.env.CI === 'true' ? '60' : '10'],
    needs: [program('clang++', 'clang'), fuzzerRuntime, opensslHeaders],
  },
  {
    name: 'integration',
    proves: 'agent, central and CLI on real sockets, SQLite files and streams',
    files: ['test/integration'],
    needs: [program('python3', 'python3'), program('setpriv', 'util-linux')],
  },
  {
    name: 'directory',
    proves: 'people of a real slapd sign in over TLS, with the roles that their groups give',
    files: ['test/directory/slapd.test.ts'],
    needs: [
      program('slapd', 'slapd'),
      program('ldapmodify', 'ldap-utils'),
      program('openssl', 'openssl'),
    ],
  },
  {
    name: 'active-directory',
    proves: 'people of a real domain sign in, with the roles of groups in groups',
    files: ['test/directory/active-directory.test.ts'],
    needs: [isRoot, program('samba-tool', 'samba'), sambaDomain, program('openssl', 'openssl')],
  },
  {
    name: 'faults',
    proves: 'what was acknowledged outlives kills, full disks, wrong clocks and bad agents',
    files: ['test/faults'],
    inOrder: true,
    needs: [],
  },
  {
    name: 'property',
    proves:
      'random orders on random trees with concurrent writers and crashes: nothing but named, unchanged streams go, and undo brings all back',
    files: ['test/property'],
    needs: [program('python3', 'python3')],
  },
  {
    name: 'conformance-live',
    proves: 'the live provider on folders, against an independent reader of the same attributes',
    files: ['test/conformance/live'],
    needs: [program('python3', 'python3')],
  },
  {
    name: 'conformance-lines',
    proves: 'the lines that the addon finishes are, byte for byte, those of TypeScript',
    files: ['test/conformance/lines'],
    needs: [program('g++', 'g++'), program('python3', 'python3')],
  },
  {
    name: 'conformance-image',
    proves:
      'a scanned image equals what ntfs-3g shows of it when mounted, damage costs only what it hit, ' +
      'and fls agrees but for its known faults',
    files: ['test/conformance/ntfs/'],
    needs: [...ntfsMount, program('fls', 'sleuthkit'), program('python3', 'python3')],
  },
  {
    name: 'conformance-ntfs-3g',
    proves: 'the live provider on mounted NTFS volumes, in all four ways ntfs-3g shows streams',
    files: ['test/conformance/ntfs-3g-live.test.ts'],
    needs: ntfsMount,
  },
  {
    name: 'conformance-samba',
    proves: 'streams that a real smbd wrote are seen and stripped, and smbclient agrees',
    files: ['test/conformance/samba.test.ts', 'test/conformance/samba-depot.test.ts'],
    needs: samba,
  },
  {
    name: 'conformance-tree',
    proves:
      'one tree, one expected list and one matrix of actions and states on every provider that Linux has',
    files: ['test/conformance/tree'],
    needs: [
      ...ntfsMount,
      ...samba,
      program('python3', 'python3'),
      program('g++', 'g++'),
      opensslHeaders,
    ],
  },
  {
    name: 'windows',
    proves:
      'the Windows addon and CLI, run under Wine on a real NTFS volume, seen again from Linux',
    files: [
      ...['actions', 'agent', 'cli', 'journal', 'listing', 'look', 'strip', 'tree'].map(
        (name) => `test/windows/${name}.test.ts`,
      ),
    ],
    inOrder: true,
    needs: [...ntfsMount, program('debootstrap', 'debootstrap'), mingw, windowsBench],
  },
  {
    name: 'windows-lifecycle',
    proves:
      'the MSI installed under Wine: its service enrols over TLS, scans, answers, strips, is upgraded and removed',
    files: ['test/windows/lifecycle'],
    inOrder: true,
    needs: [...ntfsMount, program('debootstrap', 'debootstrap'), mingw, ...packagers, windowsBench],
  },
  {
    name: 'packages',
    proves:
      'the Debian packages installed, run, upgraded, removed and purged on a copy of this machine',
    files: ['test/packages'],
    needs: [
      isRoot,
      overlays,
      program('dpkg-deb', 'dpkg'),
      program('systemd-analyze', 'systemd'),
      program('unshare', 'util-linux'),
    ],
  },
  {
    name: 'demo',
    proves: 'the demo’s own check: found, stripped, restored, seen by an independent reader',
    files: ['test/demo'],
    // Each looks at what is left in the folder of both.
    inOrder: true,
    needs: [program('python3', 'python3')],
  },
  {
    name: 'e2e',
    proves: 'a person’s path through the console in a real browser, checked on disk',
    files: ['test/e2e'],
    needs: [program('chromium', 'chromium'), program('python3', 'python3')],
  },
]

/** Test files that no suite runs: they would pass by never running. */
export function orphanedTestFiles(): string[] {
  const covered = SUITES.flatMap((suite) => suite.files ?? [])
  return (
    (readdirSync(join(root, 'test'), { recursive: true }) as string[])
      .map((file) => `test/${file.replaceAll('\\', '/')}`)
      .filter((file) => file.endsWith('.test.ts'))
      // Asks what only a real Windows answers; .github/workflows/windows.yml runs it there.
      .filter((file) => !file.startsWith('test/windows/measure/'))
      .filter(
        (file) =>
          !covered.some((path) => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`)),
      )
  )
}
