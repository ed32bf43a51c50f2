import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes a file of 0600 so that a crash leaves the old one or the new one, and a reader never sees half. */
export function writeFileAtomically(path: string, text: string): void {
  const partial = `${path}.part`
  rmSync(partial, { force: true })
  // Created with its mode, so that a key is at no moment readable by others.
  const file = openSync(partial, 'wx', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(partial, path)
  syncFolder(dirname(path))
}

/** A rename is durable once its folder is; Windows cannot open folders and needs no such call. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
