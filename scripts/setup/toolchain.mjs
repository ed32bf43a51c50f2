/** What node-gyp needs to build the addon, and how to get what is missing. */
import { spawnSync } from 'node:child_process'

const TOOLS = [
  { name: 'python3', tries: [process.env.PYTHON, 'python3', 'python'] },
  { name: 'make', tries: ['make', 'gmake'] },
  { name: 'g++', tries: [process.env.CXX, 'g++', 'c++', 'clang++'] },
]

const INSTALL_LINES = [
  ['apt-get', 'sudo apt-get install python3 make g++'],
  ['dnf', 'sudo dnf install python3 make gcc-c++'],
  ['zypper', 'sudo zypper install python3 make gcc-c++'],
  ['pacman', 'sudo pacman -S python make gcc'],
  ['apk', 'sudo apk add python3 make g++'],
  ['xcode-select', 'xcode-select --install'],
]

/** One sentence naming what is missing and the command that installs it; null if nothing is. */
export function missingTools() {
  if (process.platform === 'win32') return null // node-gyp finds Visual Studio itself and says what it lacks.
  const missing = TOOLS.filter(({ tries }) => !tries.some((tool) => tool && runs(tool))).map(
    (tool) => tool.name,
  )
  if (missing.length === 0) return null
  const line = INSTALL_LINES.find(([manager]) => exists(manager))?.[1]
  const how =
    line === undefined ? 'Install them with your package manager.' : `Install them: ${line}`
  return `building the native addon needs ${missing.join(', ')}, not found on PATH. ${how}`
}

function runs(tool) {
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0
}

function exists(tool) {
  const { error } = spawnSync(tool, ['--version'], { stdio: 'ignore' })
  return error?.code !== 'ENOENT'
}
