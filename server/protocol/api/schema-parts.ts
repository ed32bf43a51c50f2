/** What the schemas of several resources are made of. */
import { Type } from 'typebox'

export const orNull = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()])

/** Of a page: where the next one begins; null: there is none. */
export const Cursor = orNull(Type.String())

export const Reason = Type.String({
  minLength: 3,
  maxLength: 1_024,
  description: 'Why; kept in the audit log',
})
