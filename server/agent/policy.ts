/**
 * `policy.json` in the state folder: what this machine lets anybody do to its streams. Only somebody who may
 * write into that folder changes it, and it is read at start; no route and no central touches it.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { LocalPolicy } from '../protocol/policy.ts'
import { AppError } from '../shared/app-error.ts'

const validator = Compile(LocalPolicy)

/** Of a machine whose owner has said nothing: it reports, and lets its Zone.Identifiers be stripped. */
export const NEW_MACHINE: LocalPolicy = Value.Default(LocalPolicy, {}) as LocalPolicy

/** Of one PC where the person at it does the asking: whatever that person may do. */
export const OWN_HANDS: LocalPolicy = {
  ...NEW_MACHINE,
  actions: ['strip', 'restore', 'reduce', 'mark'],
  streams: ['*'],
}

/** `usual` where there is no file. Throws POLICY_INVALID in one line: no guard is not the guard asked for. */
export function readPolicy(stateDir: string, usual: LocalPolicy): LocalPolicy {
  const path = join(stateDir, 'policy.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return usual
    throw invalid(path, (cause as Error).message)
  }
  let value: unknown
  try {
    value = Value.Default(LocalPolicy, JSON.parse(text))
  } catch (cause) {
    throw invalid(path, (cause as Error).message)
  }
  if (validator.Check(value)) return value
  const fault = validator.Errors(value)[0]
  throw invalid(path, `${fault?.instancePath || '/'} ${fault?.message}`)
}

function invalid(path: string, fault: string): AppError {
  return new AppError('POLICY_INVALID', 500, `${path} cannot be used: ${fault}.`)
}
