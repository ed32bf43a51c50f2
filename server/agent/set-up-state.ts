/** What an installation leaves for the agent to start from. A second one keeps all that there is. */
import { decodeInvitation } from '../shared/enrolment-string.ts'
import {
  checkConfig,
  DEFAULT_ALLOWED_STREAMS,
  makeStateDir,
  readConfig,
  readIdentity,
  writeConfig,
  writeEnrolment,
} from './config.ts'

export interface SetUp {
  readonly stateDir: string
  /** Empty: what is set stays, and where nothing is, `usualScope` is set. */
  readonly scope: readonly string[]
  readonly usualScope: readonly string[]
  /** The line that central makes, or empty. */
  readonly enrolment: string
}

/** Says what it did, for people. */
export function setUpState({ stateDir, scope, usualScope, enrolment }: SetUp): string {
  // Before anything is written: what cannot be used must leave all as it was.
  const wanted = enrolment === '' ? null : decodeInvitation(enrolment)
  makeStateDir(stateDir)
  const config = readConfig(stateDir)
  if (config === null || scope.length > 0) {
    const base = config ?? { exclude: [], allowedStreams: [...DEFAULT_ALLOWED_STREAMS] }
    const places = scope.length > 0 ? scope : usualScope
    writeConfig(stateDir, checkConfig('The scope', { ...base, scope: [...places] }))
  }
  const identity = readIdentity(stateDir)
  if (identity !== null) return `This machine stays enrolled at ${identity.centralUrl}.`
  if (wanted === null) return 'This machine is not enrolled.'
  writeEnrolment(stateDir, { invitation: wanted, privateKey: null, imageBoot: null })
  return `This machine enrols at ${wanted.urls.join(' or ')} as soon as its agent runs.`
}
