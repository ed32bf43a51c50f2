/**
 * What the policies of Windows' Attachment Manager say on one machine. They are set for users, so a machine may have several;
 * an agent reads those of the users who are signed in, whose settings are loaded.
 *
 *   POST /v1/attachment-policies   {} → AttachmentPoliciesReply
 */
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false } as const
/** Lower case, without the dot. */
const Extensions = Type.Array(Type.String({ minLength: 1, maxLength: 32 }), { maxItems: 512 })

export const AttachmentPolicy = Type.Object(
  {
    highRisk: Extensions,
    moderateRisk: Extensions,
    lowRisk: Extensions,
    writesMarks: Type.Boolean({
      description: 'False: what these users download is to get no mark at all',
    }),
  },
  strict,
)
export type AttachmentPolicy = Static<typeof AttachmentPolicy>

export const AttachmentPoliciesReply = Type.Object(
  {
    policies: Type.Array(
      Type.Object({ policy: AttachmentPolicy, users: Type.Integer({ minimum: 1 }) }, strict),
      { maxItems: 64, description: 'Each that is in force, and for how many users' },
    ),
    unreadUsers: Type.Integer({ minimum: 0, description: 'Signed in, and theirs cannot be read' }),
  },
  strict,
)
export type AttachmentPoliciesReply = Static<typeof AttachmentPoliciesReply>

export const AttachmentPoliciesRequest = Type.Object({}, strict)
