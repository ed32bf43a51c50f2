import { describe, expect, it } from 'vitest'
import { hashPassword, isPassword } from '../../../server/central/accounts/password-hash.ts'
import { readablePassword } from '../../../server/central/accounts/readable-password.ts'
import { createEventHub } from '../../../server/central/events/event-hub.ts'
import { toCell } from '../../../server/central/http/export-formats.ts'
import type { ConsoleEvent } from '../../../server/protocol/api/events.ts'
import { exclusionReason } from '../../../server/streams/exclusion.ts'
import { extensionOf, fileNameOf } from '../../../server/streams/path-parts.ts'

describe('a password hash', () => {
  it('fits its password only, and is another one each time', async () => {
    const [one, two] = [await hashPassword('pässword'), await hashPassword('pässword')]
    expect(one).not.toBe(two)
    expect(await isPassword('pässword', one)).toBe(true)
    expect(await isPassword('passwort', one)).toBe(false)
    expect(await isPassword('', one)).toBe(false)
  })

  it('is checked with the parameters that it was made with', async () => {
    // argon2id of "password", salt "somesalt": the vector of the reference implementation's test.c.
    const weak =
      '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
    expect(await isPassword('password', weak)).toBe(true)
    expect(await isPassword('Password', weak)).toBe(false)
    await expect(isPassword('password', 'plain')).rejects.toThrow('unreadable')
  })
})

describe('a made-up password', () => {
  it('is long, readable and never the same', () => {
    const made = Array.from({ length: 50 }, readablePassword)
    expect(new Set(made).size).toBe(50)
    for (const each of made) expect(each).toMatch(/^[a-hjkmnp-z2-9]{5}(-[a-hjkmnp-z2-9]{5}){4}$/)
  })
})

describe('events', () => {
  const machine = (id: string): ConsoleEvent => ({
    type: 'machine.changed',
    machineId: id as never,
  })
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

  it('go out at once, and again only after a pause with the newest of what came', async () => {
    const hub = createEventHub()
    const seen: ConsoleEvent[] = []
    hub.subscribe((event) => seen.push(event))
    const progress = (carriersSeen: number): ConsoleEvent => ({
      type: 'machine.scanning',
      machineId: 'a' as never,
      progress: {
        scanId: 's' as never,
        carriersSeen,
        streamsFound: 0,
        unreadableCount: 0,
        fractionDone: null,
      },
    })
    for (let n = 0; n < 10; n += 1) hub.publish(progress(n))
    hub.publish(machine('a'))
    hub.publish(machine('b'))
    expect(seen).toEqual([progress(0), machine('a'), machine('b')])
    await wait(260)
    expect(seen.slice(3)).toEqual([progress(9)])
    await wait(260)
    hub.publish(progress(10))
    expect(seen.slice(4)).toEqual([progress(10)])
    hub.close()
  })

  it('do not reach who has unsubscribed', () => {
    const hub = createEventHub()
    const seen: ConsoleEvent[] = []
    hub.subscribe((event) => seen.push(event))()
    hub.publish(machine('a'))
    expect(seen).toEqual([])
    hub.close()
  })
})

describe('a CSV cell', () => {
  it('is never a formula and shows what cannot be seen', () => {
    expect(['=1', '+1', '-1', '@a', '\ta', '\ra'].map(toCell)).toEqual([
      "'=1",
      "'+1",
      "'-1",
      "'@a",
      "'\\u0009a",
      "'\\u000da",
    ])
    expect(toCell('a\u202eb\u0000\ud800')).toBe('a\\u202eb\\u0000\\ud800')
    expect([toCell(null), toCell(-5), toCell(true), toCell('a=b')]).toEqual([
      '',
      '-5',
      'true',
      'a=b',
    ])
  })
})

describe('a stream', () => {
  const mark = {
    stream: 'Zone.Identifier',
    verdict: 'mark',
    sha256: 'a'.repeat(64),
    goneAt: null,
    isVolumeWritable: true,
  } as const

  it('may be named by an order only where nothing speaks against it', () => {
    expect(exclusionReason(mark)).toBe(null)
    expect(exclusionReason({ ...mark, goneAt: 1 })).toMatch(/^gone:/)
    expect(exclusionReason({ ...mark, verdict: 'keep' })).toBe('protected: holds data')
    expect(exclusionReason({ ...mark, sha256: null })).toMatch(/^unreadable:/)
    expect(exclusionReason({ ...mark, isVolumeWritable: false })).toMatch(/^read-only:/)
    const guid = '{01234567-89ab-cdef-0123-456789abcdef}'
    for (const name of [
      'wofcompresseddata',
      'AFP_Resource',
      `${guid}.SyncRootIdentity`,
      '$DSC',
      '$DATA',
      'a:b',
    ]) {
      expect([name, exclusionReason({ ...mark, stream: name })]).toEqual([
        name,
        expect.stringMatching(/^protected:/),
      ])
    }
  })
})

describe('a path', () => {
  it('gives its file name and extension by the separators of its own system', () => {
    expect(fileNameOf('C:\\a\\b.txt')).toBe('b.txt')
    expect(fileNameOf('\\a/b.txt')).toBe('a/b.txt')
    expect(fileNameOf('/srv/a\\b.txt')).toBe('a\\b.txt')
    expect(fileNameOf('C:\\')).toBe('')
    expect(fileNameOf('plain')).toBe('plain')
    expect(['a.TXT', '.profile', 'a.', 'a.tar.gz', 'none'].map(extensionOf)).toEqual([
      'txt',
      '',
      '',
      'gz',
      '',
    ])
  })
})
