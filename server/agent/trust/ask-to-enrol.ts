/** The question to central that makes a machine one of its fleet. Nothing is kept here. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { Compile } from 'typebox/compile'
import { EnrolReply, type EnrolRequest } from '../../protocol/enrolment.ts'
import { AppError } from '../../shared/app-error.ts'
import { CentralDoor, type HttpProxy } from './central-door.ts'

export interface EnrolmentDoor {
  readonly centralUrl: string
  readonly pins: readonly string[]
  readonly proxy?: HttpProxy | undefined
}

const ANSWER_MS = 30_000
const MAX_REPLY_CHARACTERS = 65_536
const replyValidator = Compile(EnrolReply)

/**
 * Throws PIN_MISMATCH, CERTIFICATE_REFUSED, INSECURE_CENTRAL or CENTRAL_UNREACHABLE before the token has left this machine,
 * ENROLMENT_REFUSED, or ENROLMENT_PENDING where an administrator has to approve it first.
 */
export async function askToEnrol(
  { centralUrl, pins, proxy }: EnrolmentDoor,
  request: EnrolRequest,
): Promise<EnrolReply> {
  const door = new CentralDoor({ centralUrl, pins: () => pins, proxy, answerMs: ANSWER_MS })
  const { status, body } = await send(door, centralUrl, request)
  if (status === 200 && replyValidator.Check(body)) return body
  const { code, message } = (body ?? {}) as { code?: unknown; message?: unknown }
  const reason = typeof message === 'string' ? message.slice(0, 300) : `HTTP ${status}`
  if (code === 'ENROLMENT_PENDING') throw new AppError(code, 403, `${centralUrl}: ${reason}`)
  if (status >= 400 && status < 500 && status !== 429 && typeof message === 'string') {
    throw new AppError(
      'ENROLMENT_REFUSED',
      403,
      `${centralUrl} refused the enrolment: ${reason} Ask for a new token.`,
    )
  }
  throw new AppError(
    'CENTRAL_UNREACHABLE',
    502,
    `${centralUrl} did not enrol this machine: ${reason}.`,
  )
}

async function send(
  door: CentralDoor,
  centralUrl: string,
  request: EnrolRequest,
): Promise<{ status: number; body: unknown }> {
  const options = await door.options()
  const ask = centralUrl.startsWith('https:') ? httpsRequest : httpRequest
  try {
    // A redirect is not followed: the token goes to the central that was named and to nobody it points at.
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = ask(`${centralUrl}/agent/v1/enrol`, {
        ...options,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      asked.on('response', resolve)
      asked.on('error', reject)
      asked.end(JSON.stringify(request))
    })
    const answer = (await text(response)).slice(0, MAX_REPLY_CHARACTERS)
    return { status: response.statusCode ?? 0, body: parsed(answer) }
  } catch (error) {
    const refused = door.understand(error as NodeJS.ErrnoException)
    if (refused !== null) throw refused
    const { message, code } = error as NodeJS.ErrnoException
    throw new AppError(
      'CENTRAL_UNREACHABLE',
      502,
      `${centralUrl} does not answer (${message || code}). Check the address, the name and the firewall.`,
      { cause: error },
    )
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
