import { describe, expect, it } from 'vitest'
import { decodeInvitation, encodeInvitation } from '../../../server/shared/enrolment-string.ts'

const INVITATION = {
  urls: ['https://central.example.com:7333', 'https://192.0.2.7:7333'],
  pins: ['ab'.repeat(32)],
  token: 'a-good-token-0123456789',
}

const encode = (value: unknown) =>
  `ssj1.${Buffer.from(JSON.stringify(value)).toString('base64url')}`

describe('an enrolment string', () => {
  it('is one word that gives back what it was made of', () => {
    const text = encodeInvitation(INVITATION)
    expect(text).toMatch(/^ssj1\.[\w-]+$/)
    expect(decodeInvitation(`  ${text}\n`)).toEqual(INVITATION)
  })

  it.each([
    ['nothing', ''],
    ['another word', 'https://central.example.com'],
    ['one that is cut off', encodeInvitation(INVITATION).slice(0, -7)],
    ['one without addresses', encode({ ...INVITATION, urls: [] })],
    ['an address of another kind', encode({ ...INVITATION, urls: ['file:///etc/passwd'] })],
    ['a pin that is none', encode({ ...INVITATION, pins: ['ab'] })],
    ['a field too many', encode({ ...INVITATION, run: 'calc.exe' })],
    ['one that is endless', `ssj1.${'A'.repeat(10_000)}`],
  ])('is not %s, and the message holds nothing of it', (_what, text) => {
    const use = () => decodeInvitation(text)
    expect(use).toThrow(expect.objectContaining({ code: 'ENROLMENT_STRING_INVALID' }))
    expect(use).not.toThrow(/token|calc|passwd/)
  })

  it('of a newer release says so', () => {
    expect(() => decodeInvitation('ssj2.abc')).toThrow(/newer Sidestream/)
  })
})
