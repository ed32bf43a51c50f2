/**
 * What was different in protocol 4: only the number in hello and welcome; an agent begins whatever it is sent, also of an order
 * that is over. Nothing in this file changes any more.
 */
import { type Static, Type } from 'typebox'
import { Hello, type Welcome } from './link-frames.ts'

export const Hello4 = Type.Object(
  { ...Hello.properties, protocol: Type.Literal(4) },
  { additionalProperties: false },
)
export type Hello4 = Static<typeof Hello4>

export type Welcome4 = Omit<Welcome, 'protocol'> & { readonly protocol: 4 }
