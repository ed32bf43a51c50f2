/** Reading a JSON file that an administrator wrote by hand, so that a mistake is said by its place. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'

/** `fail` throws. Nothing of the file's values is put into what it is told. */
export function readConfigFile<Schema extends TSchema>(
  path: string,
  schema: Schema,
  fail: (what: string) => never,
): Static<Schema> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return fail(`cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  let received: unknown
  try {
    received = JSON.parse(text)
  } catch {
    return fail('is not JSON')
  }
  const value = Value.Default(schema, received)
  if (Value.Check(schema, value)) return value
  const [fault] = Value.Errors(schema, value)
  const place = fault?.instancePath || '/'
  const unknown = fault?.keyword === 'boolean' ? 'is not a setting that is known here' : undefined
  return fail(`${place}: ${unknown ?? fault?.message ?? 'is not valid'}`)
}

/** A file that the configuration names, as text; a relative name is one beside it. */
export function readBeside(path: string, name: string, fail: (what: string) => never): string {
  try {
    return readFileSync(resolve(dirname(path), name), 'utf8')
  } catch (error) {
    return fail(`${name} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** Its first line, as editors end files with a newline that no secret has. Never empty. */
export function readSecretBeside(
  path: string,
  name: string,
  fail: (what: string) => never,
): string {
  const [secret = ''] = readBeside(path, name, fail).split(/\r?\n/, 1)
  return secret === '' ? fail(`the secret in ${name} is empty`) : secret
}
