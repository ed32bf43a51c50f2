/**
 * `enrolment.json` in the state folder: an enrolment that an installation asked for. A fleet is installed
 * while central is down or a PC is off the network, so the agent itself enrols, as soon as it can.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { AppError } from '../shared/app-error.ts'
import type { Logger } from '../shared/logger.ts'
import { writeFileAtomically } from './atomic-file.ts'
import { readConfig, readIdentity, writeConfig } from './config.ts'
import { enroll } from './enroll.ts'

/** As {@link parseEnrolment} takes it apart. */
const PendingEnrolment = Type.Object(
  {
    serverUrl: Type.String({ minLength: 1, maxLength: 2_048 }),
    token: Type.String({ minLength: 1, maxLength: 4_096 }),
  },
  { additionalProperties: false },
)
export type PendingEnrolment = Static<typeof PendingEnrolment>
const validator = Compile(PendingEnrolment)

const FIRST_RETRY_MS = 5_000
const LAST_RETRY_MS = 900_000
/** A token that central refused stays refused; but an administrator may mend central. */
const REFUSED_RETRY_MS = 3_600_000

const fileOf = (stateDir: string) => join(stateDir, 'enrolment.json')

/** `https://central.example.com/#TOKEN`: one word to hand on, whose secret half no server log ever sees. */
export function parseEnrolment(text: string): PendingEnrolment {
  const url = URL.parse(text)
  const token = url === null ? '' : decodeURIComponent(url.hash.slice(1))
  if (url === null || !/^https?:$/.test(url.protocol) || token === '') {
    throw new AppError(
      'ENROLMENT_INVALID',
      400,
      'The enrolment looks like https://central.example.com/#TOKEN, as central’s console prints it.',
    )
  }
  return { serverUrl: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, token }
}

export function writePendingEnrolment(stateDir: string, enrolment: PendingEnrolment): void {
  writeFileAtomically(fileOf(stateDir), `${JSON.stringify(enrolment)}\n`)
}

/** Null where nothing is asked for, or what was asked for is done. */
export function readPendingEnrolment(stateDir: string): PendingEnrolment | null {
  let text: string
  try {
    text = readFileSync(fileOf(stateDir), 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw cause
  }
  if (readIdentity(stateDir) !== null) {
    forget(stateDir)
    return null
  }
  // Its content holds a secret, so that no message quotes it.
  try {
    const value: unknown = JSON.parse(text)
    if (validator.Check(value)) return value
  } catch {}
  throw new AppError(
    'CONFIG_INVALID',
    500,
    `${fileOf(stateDir)} cannot be used. Remove it, and ask for the enrolment again.`,
  )
}

/** Tries until it is done or `signal` says no more. False: it was not done. */
export async function enrolWhenPossible(
  stateDir: string,
  enrolment: PendingEnrolment,
  logger: Logger,
  signal: AbortSignal,
): Promise<boolean> {
  let waitMs = FIRST_RETRY_MS
  while (!signal.aborted) {
    try {
      const { machineId } = await enrolOnce(stateDir, enrolment)
      logger.info({ machineId, centralUrl: enrolment.serverUrl }, 'enrolled')
      return true
    } catch (error) {
      logger.warn({ err: error }, 'not enrolled yet')
      const isRefused = error instanceof AppError && error.code === 'ENROLMENT_REFUSED'
      const pauseMs = (isRefused ? REFUSED_RETRY_MS : waitMs) * (0.5 + Math.random())
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)
    }
  }
  return false
}

async function enrolOnce(stateDir: string, { serverUrl, token }: PendingEnrolment) {
  const config = readConfig(stateDir)
  const { scope = [], exclude = [], allowedStreams, name } = config ?? {}
  const enrolled = await enroll({
    stateDir,
    serverUrl,
    token,
    scope,
    exclude,
    allowedStreams,
    name,
  })
  // An enrolment by hand writes the settings that it is given; here they are the machine's own.
  if (config !== null) writeConfig(stateDir, config)
  forget(stateDir)
  return enrolled
}

function forget(stateDir: string): void {
  rmSync(fileOf(stateDir), { force: true })
}
