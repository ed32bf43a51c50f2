/**
 * Makes this machine known to a central: a new key pair, whose private half stays here, against a
 * one-time token. `identity.json` is written last and in one piece: with it the machine is enrolled.
 */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Compile } from 'typebox/compile'
import { EnrolReply, type EnrolRequest } from '../protocol/enrolment.ts'
import { AppError } from '../shared/app-error.ts'
import { AGENT_VERSION } from './agent-version.ts'
import {
  checkConfig,
  DEFAULT_ALLOWED_STREAMS,
  makeStateDir,
  writeConfig,
  writeIdentity,
} from './config.ts'
import { machineFacts } from './machine-facts.ts'

export interface EnrollOptions {
  readonly stateDir: string
  /** `https://central.example.com`, with a path in front of `/agent/v1` if there is one. */
  readonly serverUrl: string
  readonly token: string
  readonly scope: readonly string[]
  readonly exclude: readonly string[]
  /** Default: the host name. */
  readonly name?: string | undefined
  /** Globs of stream names that may be stripped here. Default: `Zone.Identifier` alone. */
  readonly allowedStreams?: readonly string[] | undefined
}

const ANSWER_MS = 30_000
const replyValidator = Compile(EnrolReply)

export async function enroll(options: EnrollOptions): Promise<{ machineId: string }> {
  const { stateDir, token } = options
  const centralUrl = checkedUrl(options.serverUrl)
  const config = checkConfig('The scope', {
    scope: [...options.scope],
    exclude: [...options.exclude],
    allowedStreams: [...(options.allowedStreams ?? DEFAULT_ALLOWED_STREAMS)],
    ...(options.name === undefined ? {} : { name: options.name }),
  })
  makeStateDir(stateDir)
  if (existsSync(join(stateDir, 'identity.json'))) {
    throw new AppError(
      'ALREADY_ENROLLED',
      409,
      `${join(stateDir, 'identity.json')} exists: this machine is enrolled. Remove the file to enrol it anew, as another machine.`,
    )
  }
  const keys = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const { machineId } = await askForMachine(centralUrl, {
    token,
    publicKey: keys.publicKey.toString('base64'),
    facts: machineFacts(AGENT_VERSION, config.name),
  })
  writeConfig(stateDir, config)
  writeIdentity(stateDir, { machineId, centralUrl, privateKey: keys.privateKey })
  return { machineId }
}

function checkedUrl(serverUrl: string): string {
  const url = URL.parse(serverUrl)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new AppError(
      'CENTRAL_UNREACHABLE',
      400,
      `"${serverUrl}" is no address of a central; it looks like https://central.example.com.`,
    )
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** The question to central alone: nothing is kept here. */
export async function askForMachine(
  centralUrl: string,
  request: EnrolRequest,
): Promise<EnrolReply> {
  let response: Response
  let body: unknown
  try {
    response = await fetch(`${centralUrl}/agent/v1/enrol`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      // The token goes to the central that was named and to nobody it points at.
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    body = await response.json().catch(() => null)
  } catch (cause) {
    throw new AppError(
      'CENTRAL_UNREACHABLE',
      502,
      `${centralUrl} does not answer (${causeText(cause)}). Check the address, the name and the firewall.`,
      { cause },
    )
  }
  if (response.ok && replyValidator.Check(body)) return body
  const said = (body as { message?: unknown } | null)?.message
  const reason = typeof said === 'string' ? said.slice(0, 300) : `HTTP ${response.status}`
  if (response.status >= 400 && response.status < 500 && typeof said === 'string') {
    throw new AppError(
      'ENROLMENT_REFUSED',
      403,
      `${centralUrl} refused the enrolment: ${reason} Ask for a new token.`,
    )
  }
  throw new AppError(
    'CENTRAL_UNREACHABLE',
    502,
    `${centralUrl} answered no central would: ${reason}.`,
  )
}

/** `fetch failed` alone helps nobody; its cause says ECONNREFUSED, or which certificate is bad. */
function causeText(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error & { code?: string } }
  return cause?.message || cause?.code || message
}
