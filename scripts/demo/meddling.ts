/** What happens to files between a preview and its order, so that each kind of receipt comes about for real. */
import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync, statSync } from 'node:fs'
import { findProgram } from '../lib/run.ts'
import { type OrderDisks, writeMarks } from './order-disks.ts'

export type Cleanup = () => void | Promise<void>

export function meddle({ pathOf }: OrderDisks): Cleanup {
  rmSync(pathOf('deleted-before.exe'))
  writeMarks(
    [pathOf('downloaded-again.exe')],
    '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://else.example/\r\n',
  )
  return deny(pathOf('locked-by-its-owner.exe'))
}

/** Nobody may change its attributes: by its mode, or against root by its immutable flag. */
function deny(path: string): Cleanup {
  if (process.getuid?.() !== 0) {
    const { mode } = statSync(path)
    chmodSync(path, 0o444)
    return () => chmodSync(path, mode)
  }
  chattr('+i', path)
  return () => chattr('-i', path)
}

function chattr(flag: '+i' | '-i', path: string): void {
  const program = findProgram('chattr')
  if (program === undefined)
    throw new Error('no chattr: apt-get install -y e2fsprogs, or run this as a user')
  const { status, stderr } = spawnSync(program, [flag, path], { encoding: 'utf8' })
  if (status !== 0)
    throw new Error(`chattr ${flag}: ${stderr.trim()}; run this as a user, not as root`)
}
