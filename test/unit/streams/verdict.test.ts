import { describe, expect, it } from 'vitest'
import { explainRule, judge, judgeName, rules } from '../../../server/streams/verdict.ts'
import { parseZoneIdentifier } from '../../../server/streams/zone-identifier.ts'

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

function verdictOf(
  stream: string,
  content: string | null,
  more: { sizeBytes?: number; path?: string } = {},
) {
  const data = content === null ? null : bytes(content)
  const { verdict, rule } = judge({
    stream,
    sizeBytes: more.sizeBytes ?? data?.length ?? 10,
    content: data,
    path: more.path ?? 'Users\\bob\\setup.exe',
    kind: 'file',
    origin: data === null ? null : parseZoneIdentifier(data),
  })
  return `${verdict} ${rule}`
}

describe('judge', () => {
  it.each([
    ['a program under any name', 'notes', 'MZ\x90\0\x03', 'suspicious content-windows-program'],
    [
      'a program that calls itself SmartScreen',
      'SmartScreen',
      'MZ\x90\0\x03',
      'suspicious content-windows-program',
    ],
    [
      'a program that calls itself Zone.Identifier',
      'Zone.Identifier',
      'MZ\x90\0\x03',
      'suspicious content-windows-program',
    ],
    ['a Linux program', 'x', '\x7fELF\x02\x01', 'suspicious content-linux-program'],
    ['a shell script', 'x', '#!/bin/sh\nrm -rf /', 'suspicious content-script'],
    ['a batch file', 'x', '@echo off\r\ndel *', 'suspicious content-script'],
    ['an HTML script', 'x', '<html><SCRIPT >alert(1)</script>', 'suspicious content-script'],
    ['a PowerShell command', 'x', 'powershell.exe -enc SQBFAFgA', 'suspicious content-script'],
    ['a UTF-16 script', 'x', 'p\0w\0s\0h\0 \0-\0c\0 \0d\0i\0r\0', 'suspicious content-script'],
    ['a VBScript', 'x', 'Set s = CreateObject("WScript.Shell")', 'suspicious content-script'],
    ['a shortcut', 'x', 'L\0\0\0\x01\x14\x02\0\0\0', 'suspicious content-shortcut'],
    ['an archive under an unknown name', 'x', 'PK\x03\x04\x14\0', 'suspicious content-archive'],
    ['an installer', 'x', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'suspicious content-compound-file'],
    ['a program’s name', 'evil.exe', 'abc', 'suspicious executable-name'],
    ['a program’s name with a blank after it', 'evil.PS1 . ', 'abc', 'suspicious executable-name'],
    [
      'a script after a mark',
      'Zone.Identifier',
      '[ZoneTransfer]\nZoneId=3\ncmd /c calc',
      'suspicious content-script',
    ],
    [
      'a mark with other text',
      'Zone.Identifier',
      '[ZoneTransfer]\nZoneId=3\nhello there',
      'suspicious foreign-zone-identifier',
    ],
    [
      'anything else called Zone.Identifier',
      'Zone.Identifier',
      'hello',
      'suspicious foreign-zone-identifier',
    ],
    ['a mark', 'zone.identifier', '[ZoneTransfer]\r\nZoneId=3\r\n', 'mark zone-identifier'],
    [
      'a mark whose URL names powershell',
      'Zone.Identifier',
      '[ZoneTransfer]\nZoneId=3\nHostUrl=http://a/powershell.exe -enc <script >',
      'mark zone-identifier',
    ],
    [
      'a mark with only AppZoneId',
      'Zone.Identifier',
      '[ZoneTransfer]\nAppZoneId=4',
      'mark zone-identifier-app-zone-only',
    ],
    [
      'a mark without a zone',
      'Zone.Identifier',
      '[ZoneTransfer]\nZoneId=x',
      'mark zone-identifier-without-zone',
    ],
    [
      'a mark with a custom zone',
      'Zone.Identifier',
      '[ZoneTransfer]\nZoneId=77',
      'mark zone-identifier-custom-zone',
    ],
    ['an empty Zone.Identifier', 'Zone.Identifier', '', 'harmless empty-zone-identifier'],
    [
      'a Zone.Identifier that could not be read',
      'Zone.Identifier',
      null,
      'unknown unread-zone-identifier',
    ],
    ['a known harmless stream', 'SmartScreen', 'Anaheim', 'harmless known-harmless'],
    [
      'a download address that names powershell',
      'xdg.origin.url',
      'https://github.com/PowerShell/PowerShell',
      'harmless known-harmless',
    ],
    ['a known stream with data', 'AFP_Resource', 'data', 'keep known-data'],
    ['NTFS’s own name on an ordinary file', '$SDS', '\0\0', 'unknown unknown-name'],
    ['a name from one list only', 'textcontent', 'abc', 'unknown unproven-name'],
    ['anything else', 'notes', 'buy milk; PowerShell course', 'unknown unknown-name'],
  ])('%s: %j', (_what, stream, content, expected) => {
    expect(verdictOf(stream, content)).toBe(expected)
  })

  it.each([
    [
      'a Zone.Identifier of 400 KB',
      'Zone.Identifier',
      400_000,
      'suspicious oversized-zone-identifier',
    ],
    ['a SmartScreen of 64 KiB', 'SmartScreen', 65_536, 'suspicious oversized-known-name'],
    ['a large favicon', 'favicon', 130_000, 'harmless known-harmless'],
    ['a large resource fork', 'AFP_Resource', 1e9, 'keep known-data'],
    ['a Mac’s Finder information', 'AFP_AfpInfo', 60, 'keep known-data'],
    ['Finder information of a byte more', 'AFP_AfpInfo', 61, 'unknown oversized-known-data'],
    ['Finder information of 64 KiB', 'AFP_AfpInfo', 65_536, 'suspicious large-unknown'],
    ['a checksum of 4 KiB', 'MD5', 4_096, 'harmless known-harmless'],
    ['a checksum of a byte more', 'MD5', 4_097, 'suspicious oversized-known-name'],
    ['an unknown stream of 64 KiB', 'notes', 65_536, 'suspicious large-unknown'],
    ['an unknown stream just below', 'notes', 65_535, 'unknown unknown-name'],
  ])('%s', (_what, stream, sizeBytes, expected) => {
    expect(verdictOf(stream, '[ZoneTransfer]\nZoneId=3', { sizeBytes })).toBe(expected)
    expect(verdictOf(stream, null, { sizeBytes })).toBe(expected)
  })

  it.each(['.', 'Partition2\\.', 'C:', 'C:\\', 'd:/', '\\\\?\\C:\\', '/'])(
    'suspects an unknown stream on the volume root %s',
    (path) => {
      expect(verdictOf('notes', 'abc', { path })).toBe('suspicious volume-root')
      expect(verdictOf('Win32App_1', '', { path })).toBe('harmless known-harmless')
    },
  )

  it.each(['Windows\\System32', 'C:\\WINDOWS\\system32\\a.dll', '/mnt/c/Windows/SysWOW64/x'])(
    'suspects an unknown stream in %s',
    (path) => expect(verdictOf('notes', 'abc', { path })).toBe('suspicious system-folder'),
  )

  it.each(['C:\\Users\\System32', 'Windows\\System32b\\a', 'a'])(
    'does not take %s for the system folder',
    (path) => {
      expect(verdictOf('notes', 'abc', { path })).toBe('unknown unknown-name')
    },
  )

  it.each([
    ['$Secure', '$SDS'],
    ['$Extend\\$UsnJrnl', '$J'],
  ])('knows %s:%s as a part of NTFS', (path, stream) => {
    expect(verdictOf(stream, '\0\0', { path, sizeBytes: 1e9 })).toBe('keep ntfs-internal')
    expect(verdictOf(stream, '\0\0', { path: `Partition2\\${path}`, sizeBytes: 1e9 })).toBe(
      'keep ntfs-internal',
    )
    expect(verdictOf(stream, '\0\0', { path: `Users\\${path}`, sizeBytes: 1e9 })).toBe(
      'suspicious large-unknown',
    )
  })

  it('trusts a name that keeps data only where such a stream can be so large', () => {
    const path = 'Windows\\System32\\drivers\\etc\\hosts'
    expect(verdictOf('AFP_AfpInfo', 'AFP\0', { path })).toBe('keep known-data')
    expect(verdictOf('AFP_AfpInfo', 'x'.repeat(61), { path })).toBe('suspicious system-folder')
    expect(verdictOf('AFP_AfpInfo', `PK\x03\x04${'x'.repeat(80)}`)).toBe(
      'suspicious content-archive',
    )
    expect(judgeName('AFP_AfpInfo')).toEqual({
      verdict: 'keep',
      rule: 'known-data',
      belowBytes: 61,
    })
  })

  it('judges by the first 32 KiB, however much was read', () => {
    const content = `[ZoneTransfer]\nZoneId=3\nHostUrl=http://a/<script >${'x'.repeat(33_000)}`
    const sizeBytes = content.length
    expect(verdictOf('Zone.Identifier', content.slice(0, 32_768), { sizeBytes })).toBe(
      verdictOf('Zone.Identifier', content, { sizeBytes }),
    )
  })

  it('explains every rule in a sentence, and a rule of another version by its name', () => {
    for (const rule of Object.keys(rules)) expect(explainRule(rule)).toMatch(/^[A-Z].*\.$/)
    expect(explainRule('rule-from-the-future')).toBe('rule-from-the-future')
    expect(explainRule('constructor')).toBe('constructor')
  })
})
