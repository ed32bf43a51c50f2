/**
 * Checks requests with the protocol's own schemas. Unknown fields are refused, never dropped. Text becomes a
 * number only where everything is text: in the path and the query string.
 */
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { AppError } from '../../shared/app-error.ts'

export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  return (received: unknown) => {
    const withDefaults = Value.Default(schema, received)
    const value = httpPart === 'body' ? withDefaults : Value.Convert(schema, withDefaults)
    if (validator.Check(value)) return { value }
    const [fault] = validator.Errors(value)
    const field = `${httpPart ?? 'request'}${fault?.instancePath ?? ''}`
    const message = `${field}: ${describe(fault)}`
    return { error: new AppError('REQUEST_INVALID', 400, message, { details: { field } }) }
  }
}

function describe(
  fault: { keyword: string; message: string; params?: object } | undefined,
): string {
  if (fault === undefined) return 'is not valid'
  // How an unknown field fails where additionalProperties is false.
  if (fault.keyword === 'boolean') return 'is not a field that is known here'
  const { additionalProperties, requiredProperties } = (fault.params ?? {}) as Record<
    string,
    unknown
  >
  const names = additionalProperties ?? requiredProperties
  return Array.isArray(names)
    ? `${fault.message} (${names.join(', ').slice(0, 200)})`
    : fault.message
}
