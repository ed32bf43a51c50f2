/**
 * The one line that makes a machine one of the fleet: where central is, whose certificate it must show, and the token.
 * `ssj1.` and base64url of JSON; the number goes up when what is inside changes.
 */
import { Compile } from 'typebox/compile'
import { EnrolmentInvitation } from '../protocol/enrolment.ts'
import { AppError } from './app-error.ts'

const PREFIX = 'ssj1.'
/** Longer ones are no enrolment string, whatever they are. */
const MAX_LENGTH = 8_192

const validator = Compile(EnrolmentInvitation)

export function encodeInvitation(invitation: EnrolmentInvitation): string {
  return PREFIX + Buffer.from(JSON.stringify(invitation)).toString('base64url')
}

/** Says what is wrong without a word of what it holds: it may be on a screen or in a log. */
export function decodeInvitation(text: string): EnrolmentInvitation {
  const trimmed = text.trim()
  if (/^ssj[2-9]/.test(trimmed)) throw unfit('it is of a newer Sidestream; update this one')
  if (!trimmed.startsWith(PREFIX) || trimmed.length > MAX_LENGTH) throw unfit('it is none')
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(trimmed.slice(PREFIX.length), 'base64url').toString('utf8'))
  } catch {
    throw unfit('it is cut off or altered')
  }
  if (!validator.Check(value)) throw unfit('it is cut off or altered')
  return value
}

function unfit(why: string): AppError {
  return new AppError(
    'ENROLMENT_STRING_INVALID',
    400,
    `this enrolment string cannot be used: ${why}. Copy the whole line, which begins with ${PREFIX}`,
  )
}
