/**
 * What was different in protocol 3: only the number in hello and welcome; receipts bring no bytes along, and restores get none.
 * Nothing in this file changes any more.
 */
import { type Static, Type } from 'typebox'
import { Hello, type Welcome } from './link-frames.ts'

export const Hello3 = Type.Object(
  { ...Hello.properties, protocol: Type.Literal(3) },
  { additionalProperties: false },
)
export type Hello3 = Static<typeof Hello3>

export type Welcome3 = Omit<Welcome, 'protocol'> & { readonly protocol: 3 }
