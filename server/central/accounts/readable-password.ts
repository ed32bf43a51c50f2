import { randomInt } from 'node:crypto'

/** No 0/o, 1/l/i: it is read off a terminal and typed once. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'
const GROUPS = 5
const GROUP_LETTERS = 5

/** `k7mqp-…`: 25 random letters of 31, about 123 bits. */
export function readablePassword(): string {
  const group = (): string =>
    Array.from({ length: GROUP_LETTERS }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return Array.from({ length: GROUPS }, group).join('-')
}
