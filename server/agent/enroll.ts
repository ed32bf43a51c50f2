/**
 * Makes this machine known to a central: a new key pair, whose private half stays here, against a token, or against an
 * administrator's approval. `identity.json` is written last and in one piece: with it the machine is enrolled.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { EnrolmentInvitation } from '../protocol/enrolment.ts'
import { AppError } from '../shared/app-error.ts'
import { decodeInvitation } from '../shared/enrolment-string.ts'
import { AGENT_VERSION } from './agent-version.ts'
import {
  checkConfig,
  DEFAULT_ALLOWED_STREAMS,
  makeStateDir,
  removeEnrolment,
  writeConfig,
  writeEnrolment,
} from './config.ts'
import { enrolmentFacts } from './machine-facts.ts'
import { currentBoot } from './trust/boot.ts'
import { type HttpProxy, proxyOf, requireTls } from './trust/central-door.ts'
import { tryToEnrol } from './trust/enrolling.ts'

export interface EnrollOptions {
  readonly stateDir: string
  /** From central, instead of `serverUrl`, `token` and `pins`. */
  readonly invitation?: string | undefined
  /** `https://central.example.com`, with a path in front of `/agent/v1` if there is one. */
  readonly serverUrl?: string | undefined
  /** None: central asks an administrator. */
  readonly token?: string | undefined
  /** Of the certificates that central may show; none: what the system trusts. */
  readonly pins?: readonly string[] | undefined
  readonly scope: readonly string[]
  readonly exclude: readonly string[]
  /** Default: the host name. */
  readonly name?: string | undefined
  /** Globs of stream names that may be stripped here. Default: `Zone.Identifier` alone. */
  readonly allowedStreams?: readonly string[] | undefined
  /** Kept in `agent.json`. */
  readonly proxy?: string | undefined
  /** For this time only, where none is kept. */
  readonly environmentProxy?: HttpProxy | undefined
  /** Nothing is asked now: the machines that are made from this one enrol when they are booted. */
  readonly isImage?: boolean | undefined
  /** A new key for a machine that has one; that one stays until central has taken the new one. */
  readonly isAgain?: boolean | undefined
}

/** `machineId` null: an administrator has to approve it, or it is an image; `agent run` goes on from here. */
export type Enrolled =
  | { readonly machineId: string; readonly waitsFor: null }
  | { readonly machineId: null; readonly waitsFor: 'approval' | 'boot' }

export async function enroll(options: EnrollOptions): Promise<Enrolled> {
  const { stateDir, name, proxy } = options
  const invitation = invitationOf(options)
  for (const url of invitation.urls) requireTls(url)
  const config = checkConfig('The scope', {
    scope: [...options.scope],
    exclude: [...options.exclude],
    allowedStreams: [...(options.allowedStreams ?? DEFAULT_ALLOWED_STREAMS)],
    ...(name === undefined ? {} : { name }),
    ...(proxy === undefined ? {} : { proxy }),
  })
  makeStateDir(stateDir)
  if (options.isAgain !== true) refuseIfEnrolled(stateDir)
  const imageBoot = options.isImage ? currentBoot() : null
  const enrolment = { invitation, privateKey: null, imageBoot }
  if (options.isImage) {
    writeConfig(stateDir, config)
    writeEnrolment(stateDir, enrolment)
    return { machineId: null, waitsFor: 'boot' }
  }
  const facts = enrolmentFacts(AGENT_VERSION, name)
  try {
    const tools = { stateDir, facts, proxy: proxyOf(proxy) ?? options.environmentProxy }
    const { machineId } = await tryToEnrol(tools, enrolment)
    writeConfig(stateDir, config)
    return { machineId, waitsFor: null }
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'ENROLMENT_PENDING')) {
      removeEnrolment(stateDir)
      throw error
    }
    writeConfig(stateDir, config)
    return { machineId: null, waitsFor: 'approval' }
  }
}

function refuseIfEnrolled(stateDir: string): void {
  const identity = join(stateDir, 'identity.json')
  if (!existsSync(identity)) return
  throw new AppError(
    'ALREADY_ENROLLED',
    409,
    `${identity} exists: this machine is enrolled. With --again it gets a new key.`,
  )
}

function invitationOf({ invitation, serverUrl, token, pins }: EnrollOptions): EnrolmentInvitation {
  if (invitation !== undefined) {
    const decoded = decodeInvitation(invitation)
    return { ...decoded, urls: decoded.urls.map(checkedUrl) }
  }
  return { urls: [checkedUrl(serverUrl ?? '')], pins: [...(pins ?? [])], token: token ?? null }
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
