/** The boundary itself: arguments, exports, and how strings and errors cross it. */
import { describe, expect, it } from 'vitest'
import type { NativeAddon } from '../../../native/addon.ts'
import { addon, failureOf, METADATA_ONLY } from '../../support/native.ts'

// Callers in plain JavaScript, or with a cast too many.
const untyped = addon as unknown as Record<keyof NativeAddon, (...args: unknown[]) => unknown>

describe('the addon', () => {
  it('exports exactly the functions of the contract', () => {
    expect(Object.keys(addon).sort()).toEqual([
      'addEventSource',
      'carryOut',
      'configureService',
      'hostService',
      'inspectService',
      'installService',
      'machineState',
      'openCarrier',
      'probe',
      'protectFolder',
      'readChanges',
      'readRegistryValues',
      'removeEventSource',
      'removeService',
      'reportServiceState',
      'returnFreeMemory',
      'shareFreeMemory',
      'startScan',
      'startService',
      'stopService',
      'watchChanges',
      'writeSystemEvent',
    ])
  })

  it.each([
    ['probe without a path', () => untyped.probe(), 'probe: path: expected a string'],
    ['probe of a number', () => untyped.probe(7), 'probe: path: expected a string'],
    [
      'a scan of a Buffer',
      () => untyped.startScan(Buffer.from('/tmp'), METADATA_ONLY),
      'startScan: path: expected a string',
    ],
    [
      'a scan without options',
      () => untyped.startScan('/tmp'),
      'startScan: options: expected an object',
    ],
    [
      'hash as a string',
      () => untyped.startScan('/tmp', { ...METADATA_ONLY, hash: 'yes' }),
      'hash: boolean',
    ],
    [
      'a negative contentBytes',
      () => untyped.startScan('/tmp', { ...METADATA_ONLY, contentBytes: -1 }),
      'contentBytes',
    ],
    [
      'a fractional contentBytes',
      () => untyped.startScan('/tmp', { ...METADATA_ONLY, contentBytes: 1.5 }),
      'contentBytes',
    ],
    [
      'a batch of no streams',
      () => untyped.startScan('/tmp', { ...METADATA_ONLY, batchStreams: 0 }),
      'batchStreams',
    ],
    [
      'NaN as a batch size',
      () => untyped.startScan('/tmp', { ...METADATA_ONLY, batchStreams: Number.NaN }),
      'batchStreams',
    ],
    [
      'a scan on no thread',
      () => untyped.startScan('/tmp', { ...METADATA_ONLY, threads: 0 }),
      'threads',
    ],
    [
      'a scan on very many threads',
      () => untyped.startScan('/tmp', { ...METADATA_ONLY, threads: 65 }),
      'threads: a whole number from 1 to 64',
    ],
    [
      'lines that are neither wanted nor not',
      () => untyped.startScan('/tmp', { ...METADATA_ONLY, lines: 'ndjson' }),
      'lines: boolean',
    ],
    [
      'an exclude list with a number',
      () => untyped.startScan('/tmp', { ...METADATA_ONLY, exclude: [1] }),
      'exclude: string[]',
    ],
    [
      'a carrier without identity',
      () => untyped.openCarrier('/tmp', '/tmp'),
      'openCarrier: identity: expected a string or null',
    ],
    [
      'a carrier without path',
      () => untyped.openCarrier('/tmp', undefined, null),
      'openCarrier: path: expected a string',
    ],
    [
      'hints that are a path',
      () => untyped.probe('/tmp', '/etc/smb.conf'),
      'probe: hints: expected { smbConf?: string }',
    ],
    [
      'a smbConf that is no string',
      () => untyped.openCarrier('/tmp', '/tmp', null, { smbConf: 1 }),
      'openCarrier: hints: expected { smbConf?: string }',
    ],
    [
      'hints of a scan that are null',
      () => untyped.startScan('/tmp', { ...METADATA_ONLY, hints: null }),
      'hints: { smbConf?: string }',
    ],
  ])('refuses %s with a TypeError that names the argument', (_, call, message) => {
    expect(call).toThrow(TypeError)
    expect(call).toThrow(message)
  })

  it('rejects with code, system code and operation', async () => {
    const error = await failureOf(addon.probe('/nowhere/at/all'))
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ code: 'ADS_NOT_FOUND', systemCode: 2, operation: 'open' })
    expect(error.message).toContain('/nowhere/at/all')
  })

  it.each([
    ['empty', ''],
    ['with a NUL', '/tmp/a\0b'],
    ['with a surrogate that no byte stands for', '/tmp/\ud800'],
    [
      'with escapes that spell valid UTF-8, which would come back as another name',
      '/tmp/\udcc3\udca9',
    ],
  ])('refuses a path that no file can have: %s', async (_, path) => {
    expect((await failureOf(addon.probe(path))).code).toBe('ADS_INVALID_NAME')
  })
})
