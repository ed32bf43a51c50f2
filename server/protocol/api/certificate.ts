/**
 * `/api/v1/certificate`: what central shows of itself, where it speaks TLS.
 *
 *   GET  /certificate                      CertificateStatus
 *   POST /certificate/rotate               {} → CertificateStatus; a new server certificate of the same authority
 *   POST /certificate/authority            {} → CertificateStatus; makes the next authority, and tells agents to accept it too
 *   POST /certificate/authority/switch     {force} → CertificateStatus; shows the next one from now on; 409 PINS_MISSING while
 *                                          machines in service do not accept it, unless forced
 */
import { type Static, Type } from 'typebox'
import { Pin } from '../enrolment.ts'
import { Timestamp } from '../ids.ts'

const strict = { additionalProperties: false } as const
const Count = Type.Integer({ minimum: 0 })

const Shown = Type.Object({ pin: Pin, validUntil: Timestamp }, strict)

export const CertificateStatus = Type.Object(
  {
    /** none: plain http on loopback. own: by central's own authority. files: brought. */
    kind: Type.Union([Type.Literal('none'), Type.Literal('own'), Type.Literal('files')]),
    names: Type.Array(Type.String()),
    server: Type.Union([Shown, Type.Null()]),
    authority: Type.Union([Shown, Type.Null()]),
    /** The authority to come, while a change is under way. */
    next: Type.Union([
      Type.Object({ ...Shown.properties, machines: Count, pinning: Count }, strict),
      Type.Null(),
    ]),
  },
  strict,
)
export type CertificateStatus = Static<typeof CertificateStatus>

export const AuthoritySwitch = Type.Object({ force: Type.Boolean({ default: false }) }, strict)
export type AuthoritySwitch = Static<typeof AuthoritySwitch>
