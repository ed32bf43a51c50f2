/** One try to get from `enrolment.json` to `identity.json`: what `agent enroll` does at once and `agent run` until it is done. */

import type { MachineFacts } from '../../protocol/link-frames.ts'
import { AppError } from '../../shared/app-error.ts'
import {
  type Enrolment,
  type Identity,
  removeEnrolment,
  writeEnrolment,
  writeIdentity,
} from '../config.ts'
import { askToEnrol } from './ask-to-enrol.ts'
import type { HttpProxy } from './central-door.ts'
import { newKeyPair, publicKeyOf } from './machine-identity.ts'

export interface EnrolmentTools {
  readonly stateDir: string
  readonly facts: MachineFacts
  readonly proxy?: HttpProxy | undefined
}

/** Whom of several addresses is asked next, if this one failed in such a way. */
const OTHER_ADDRESS_MAY_DO = new Set(['CENTRAL_UNREACHABLE', 'CERTIFICATE_REFUSED'])

/** The key is on disk before it is shown to anybody, so that a crash does not cost the token. */
export async function tryToEnrol(tools: EnrolmentTools, enrolment: Enrolment): Promise<Identity> {
  const { stateDir } = tools
  const privateKey = enrolment.privateKey ?? newKeyPair().privateKey
  const kept: Enrolment = { ...enrolment, privateKey, imageBoot: null }
  writeEnrolment(stateDir, kept)
  const { invitation } = kept
  const { machineId, centralUrl } = await askEach(tools, kept, publicKeyOf(privateKey))
  const { pins } = invitation
  const identity: Identity = {
    machineId,
    centralUrl,
    privateKey,
    ...(pins.length === 0 ? {} : { pins }),
  }
  writeIdentity(stateDir, identity)
  removeEnrolment(stateDir)
  return identity
}

async function askEach(
  { facts, proxy }: EnrolmentTools,
  { invitation: { urls, pins, token } }: Enrolment,
  publicKey: string,
): Promise<Pick<Identity, 'machineId' | 'centralUrl'>> {
  let failure: unknown
  for (const centralUrl of urls) {
    try {
      const question = { ...(token === null ? {} : { token }), publicKey, facts }
      const { machineId } = await askToEnrol({ centralUrl, pins, proxy }, question)
      return { machineId, centralUrl }
    } catch (error) {
      failure = error
      if (!(error instanceof AppError) || !OTHER_ADDRESS_MAY_DO.has(error.code)) throw error
    }
  }
  throw failure
}
