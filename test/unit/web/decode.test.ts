import { describe, expect, it } from 'vitest'
import {
  bytesFromBase64,
  decodePage,
  detectEncoding,
  type Encoding,
  hexDump,
  LOOKAHEAD_BYTES,
  looksBinary,
  visiblePieces,
} from '../../../web/model/decode.ts'

const utf8 = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'))
const utf16 = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le'))
const shown = (bytes: Uint8Array, encoding: Encoding = 'utf-8') =>
  visiblePieces(decodePage(bytes, bytes.length, true, encoding), encoding)

describe('which encoding content is in', () => {
  it('is told by a byte order mark', () => {
    expect(detectEncoding(Uint8Array.of(0xff, 0xfe, 0x41, 0))).toBe('utf-16le')
    expect(detectEncoding(Uint8Array.of(0xfe, 0xff, 0, 0x41))).toBe('utf-16be')
  })

  it('is told by where the zero bytes are, without one', () => {
    expect(detectEncoding(utf16('[ZoneTransfer]\r\nZoneId=3'))).toBe('utf-16le')
    expect(detectEncoding(utf16('[ZoneTransfer]').slice(1))).toBe('utf-16be')
  })

  it('is UTF-8 otherwise, also for nothing and for zeros', () => {
    expect(detectEncoding(new Uint8Array())).toBe('utf-8')
    expect(detectEncoding(new Uint8Array(64))).toBe('utf-8')
    expect(detectEncoding(utf8('Grüße'))).toBe('utf-8')
  })
})

describe('content as text', () => {
  it('makes controls, bidirectional overrides and lone surrogates visible', () => {
    expect(shown(utf8('a\u202eb\u001b[31m'))).toEqual([
      { text: 'a\\u202eb\\u001b[31m', isBytes: false },
    ])
    expect(shown(utf16('a\ud800b'), 'utf-16le')).toEqual([{ text: 'a\\ud800b', isBytes: false }])
  })

  it('keeps tabs, line ends and spaces as they are', () => {
    expect(shown(utf8('  a\t b \r\nc\n'))).toEqual([{ text: '  a\t b \nc\n', isBytes: false }])
  })

  it('shows bytes that are no UTF-8 as bytes, and the text around them as text', () => {
    expect(shown(Uint8Array.of(0x41, 0xff, 0xc3, 0x28, 0xc3, 0xa4))).toEqual([
      { text: 'A', isBytes: false },
      { text: 'ff c3', isBytes: true },
      { text: '(ä', isBytes: false },
    ])
  })

  it('refuses overlong forms and encoded surrogates as text', () => {
    expect(shown(Uint8Array.of(0xc0, 0xaf)).every((piece) => piece.isBytes)).toBe(true)
    expect(shown(Uint8Array.of(0xed, 0xa0, 0x80)).every((piece) => piece.isBytes)).toBe(true)
  })

  it('shows the half unit at the end of broken UTF-16', () => {
    expect(decodePage(Uint8Array.of(0x41, 0, 0x42), 3, true, 'utf-16le')).toBe('A\udc42')
  })

  it('cuts no character between pages, loses none and shows none twice', () => {
    const text = 'aé€😀'.repeat(9)
    const bytes = utf8(text)
    for (const pageLength of [5, 6, 7, 8]) {
      let joined = ''
      for (let at = 0; at < bytes.length; at += pageLength) {
        const page = bytes.slice(at, at + pageLength + LOOKAHEAD_BYTES)
        joined += decodePage(page, pageLength, at === 0, 'utf-8')
      }
      expect(joined).toBe(text)
    }
  })
})

describe('content as hex', () => {
  it('has sixteen bytes a line with their address and characters', () => {
    expect(hexDump(utf8('[ZoneTransfer]\r\nZ'), 0x20)).toBe(
      '00000020  5b 5a 6f 6e 65 54 72 61  6e 73 66 65 72 5d 0d 0a  [ZoneTransfer]··\n' +
        `00000030  5a${' '.repeat(48)}Z`,
    )
  })

  it('is offered first for programs, not for text', () => {
    const program = new Uint8Array(Buffer.from('TVqQAAMAAAAEAAAA//8AALgAAAA=', 'base64'))
    expect(looksBinary(program, 'utf-8')).toBe(true)
    expect(looksBinary(utf8('[ZoneTransfer]\r\nZoneId=3\r\n'), 'utf-8')).toBe(false)
    expect(looksBinary(new Uint8Array(), 'utf-8')).toBe(false)
  })

  it('comes out of base64 byte for byte', () => {
    expect([...bytesFromBase64('AP+A')]).toEqual([0, 255, 128])
  })
})
