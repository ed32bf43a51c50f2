import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostOfUrl } from '../../../server/streams/host-of-url.ts'
import { findKnownStream } from '../../../server/streams/known-stream.ts'
import { knownStreams } from '../../../server/streams/known-streams.ts'
import { neverStripReason } from '../../../server/streams/never-strip.ts'

describe('neverStripReason', () => {
  it.each([
    '',
    'WofCompressedData',
    'wofcompresseddata',
    'AFP_Resource',
    '{01234567-89ab-cdef-0123-456789abcdef}.SyncRootIdentity',
    '{01234567-89AB-CDEF-0123-456789ABCDEF}.metadata',
    '$SDS',
    '$DATA',
    'a:b',
    'a\\b',
    'a/b',
    'a\0b',
  ])('refuses %j', (name) => expect(neverStripReason(name)).toMatch(/\w/))

  it.each([
    'Zone.Identifier',
    'AFP_AfpInfo',
    'x$',
    'WofCompressedData2',
    '{01234567}.MetaData',
    ' ',
  ])('lets %j be removed', (name) => expect(neverStripReason(name)).toBeNull())
})

describe('hostOfUrl', () => {
  it.each([
    ['https://Bob:secret@Cdn.Example.COM:8443/a?b#c', 'cdn.example.com'],
    ['http://example.com.', 'example.com'],
    ['ftp://192.0.2.7/a', '192.0.2.7'],
    ['http://[2001:db8::1]:80/', '2001:db8::1'],
    ['https://bücher.example/', 'xn--bcher-kva.example'],
    ['file://Server/share/a.zip', 'server'],
    ['about:internet', null],
    ['C:\\Users\\bob\\a.zip', null],
    ['no url', null],
    ['', null],
    [null, null],
  ])('%j → %j', (url, host) => expect(hostOfUrl(url)).toBe(host))

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => void hostOfUrl(`http://${text}`)),
    )
  })
})

describe('the catalogue', () => {
  it.each([
    ['ZONE.IDENTIFIER', 'mark'],
    ['wofCompressedData', 'keep'],
    ['\x05SummaryInformation', 'keep'],
    ['Win32App_1', 'harmless'],
    ['com.dropbox.attrs', 'harmless'],
    ['$SDS', 'internal'],
    ['textcontent', 'unproven'],
  ])('knows %j as %s', (name, streamClass) =>
    expect(findKnownStream(name)?.class).toBe(streamClass),
  )

  it.each(['my Zone.Identifier', 'Zone.Identifier2', 'SDS', 'x\nSmartScreen', 'SmartScreen\n'])(
    'does not know %j',
    (name) => expect(findKnownStream(name)).toBeUndefined(),
  )

  it('says writer, note and source of every row', () => {
    for (const known of knownStreams) {
      expect(known.writer && known.note && known.source, String(known.name)).toMatch(/\w/)
    }
  })
})
