/** For questions that only a real Windows answers: each test prints what it found, and fails only where it could not look. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, onTestFinished } from 'vitest'
import { loadAddon, type NativeError } from '../../../native/addon.ts'

/** On a real Windows: under Wine there is nothing to be learned of it. */
export const describeWindows = describe.runIf(process.platform === 'win32')

export const MARK = '[ZoneTransfer]\r\nZoneId=3\r\n'

export function found(question: string, answer: unknown): void {
  console.log(`measured: ${question}: ${JSON.stringify(answer)}`)
}

/** A folder on the volume of the temporary files, removed after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-measure-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

export function markedFile(folder: string, name = 'marked.txt'): string {
  const path = join(folder, name)
  writeFileSync(path, 'content')
  writeFileSync(`${path}:Zone.Identifier`, MARK)
  return path
}

export async function removeMark(folder: string, name: string): Promise<string> {
  const { createHash } = await import('node:crypto')
  try {
    const carrier = await loadAddon().openCarrier(folder, join(folder, name), null)
    try {
      const sha256 = createHash('sha256').update(MARK).digest('hex')
      return await carrier.remove('Zone.Identifier', { size: BigInt(MARK.length), sha256 })
    } finally {
      carrier.close()
    }
  } catch (error) {
    return (error as NativeError).code ?? String(error)
  }
}

export async function outcomeOf(call: () => Promise<unknown> | unknown): Promise<unknown> {
  try {
    return (await call()) ?? 'ok'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}
