/** native/scan.ts over an addon made here: decoding of columns, cancelling. No file system. */
import { describe, expect, it } from 'vitest'
import type { NativeAddon, NativeBatch, NativeScan } from '../../../native/addon.ts'
import { scanTarget } from '../../../native/scan.ts'
import { METADATA_ONLY } from '../../support/native.ts'

function column(rows: readonly string[]): [string, Uint32Array] {
  let end = 0
  return [rows.join(''), Uint32Array.from(rows, (row) => (end += row.length))]
}

function batchOf(names: readonly string[]): NativeBatch {
  const [paths, pathEnds] = column(names.map((_, row) => `/p${row}`))
  const [links, linkEnds] = column(names.map((_, row) => (row === 1 ? '/p1\0/again' : '')))
  const [text, nameEnds] = column(names)
  const [identities, identityEnds] = column(names.map((_, row) => `posix:${row}:0`))
  const content = Uint8Array.from(names.flatMap((_, row) => (row === 1 ? [7, 8] : [])))
  return {
    count: names.length,
    lines: null,
    ...{ paths, pathEnds, links, linkEnds, names: text, nameEnds, identities, identityEnds },
    sizes: BigUint64Array.from(names, () => 2n ** 63n),
    allocated: BigUint64Array.from(names, () => 4096n),
    modifiedNs: BigInt64Array.from(names, () => -1n),
    flags: Uint8Array.from(names, (_, row) => (row === 1 ? 0b1111 : 0)),
    sha256: Uint8Array.from({ length: 32 * names.length }, (_, at) =>
      at >= 32 && at < 64 ? 0xab : 0,
    ),
    content,
    contentEnds: Uint32Array.from(names, (_, row) => (row >= 1 ? 2 : 0)),
    unreadable: [],
  }
}

function addonOf(next: () => Promise<NativeBatch | null>) {
  const calls = { cancelled: 0, scans: 0 }
  const scan: NativeScan = {
    next,
    progress: () => ({ carriersSeen: 0, streamsFound: 0, unreadableCount: 0, fractionDone: null }),
    learnName: () => {},
    pause: () => {},
    resume: () => {},
    cancel: () => void calls.cancelled++,
  }
  const startScan = () => {
    calls.scans++
    return scan
  }
  const addon = { startScan } as unknown as NativeAddon
  return { addon, calls }
}

describe('scanTarget', () => {
  it('decodes every column by its own ends, names with lone surrogates included', async () => {
    const batches = [batchOf(['', '\ud800', 'Zone.Identifier']), null]
    const { addon } = addonOf(async () => batches.shift() ?? null)
    const rows = []
    for await (const chunk of scanTarget(addon, '/', METADATA_ONLY)) rows.push(...chunk.streams)
    expect(rows.map(({ name }) => name)).toEqual(['', '\ud800', 'Zone.Identifier'])
    expect(rows[0]).toMatchObject({ sha256: null, content: null, kind: 'file', isResident: false })
    expect(rows[1]).toEqual({
      path: '/p1',
      links: ['/p1', '/again'],
      name: '\ud800',
      identity: 'posix:1:0',
      size: 2n ** 63n,
      allocated: 4096n,
      modifiedNs: -1n,
      kind: 'directory',
      isResident: true,
      isDeleted: false,
      hasMoreLinks: false,
      sha256: 'ab'.repeat(32),
      content: Uint8Array.of(7, 8),
    })
  })

  it('cancels the scan when the loop is left early', async () => {
    const { addon, calls } = addonOf(async () => batchOf(['a']))
    for await (const _ of scanTarget(addon, '/', METADATA_ONLY)) break
    expect(calls.cancelled).toBeGreaterThan(0)
  })

  it('throws the reason of the signal, not the error of the cancelled scan', async () => {
    const controller = new AbortController()
    const { addon, calls } = addonOf(async () => {
      controller.abort(new Error('enough'))
      throw Object.assign(new Error('the scan was cancelled'), { code: 'ADS_CANCELLED' })
    })
    const chunks = scanTarget(addon, '/', METADATA_ONLY, controller.signal)
    await expect(chunks.next()).rejects.toThrow('enough')
    expect(calls.cancelled).toBeGreaterThan(0)
  })

  it('starts nothing when the signal is aborted already', async () => {
    const { addon, calls } = addonOf(async () => null)
    const chunks = scanTarget(addon, '/', METADATA_ONLY, AbortSignal.abort(new Error('too late')))
    await expect(chunks.next()).rejects.toThrow('too late')
    expect(calls.scans).toBe(0)
  })
})
