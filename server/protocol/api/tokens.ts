/**
 * `/api/v1/tokens`: how scripts ask central, with `Authorization: Bearer <token>`. A token belongs to a user and may do
 * what it was given and its user's role still allows, no more. It can neither make tokens nor change users.
 *
 *   GET    /tokens            { tokens: ApiToken[] }: one's own; with `users.manage` everybody's
 *   POST   /tokens            NewApiToken → 201 CreatedApiToken; the secret is shown this once, only its hash is kept
 *   DELETE /tokens/:tokenId   204; 404 TOKEN_NOT_FOUND
 */
import { type Static, Type } from 'typebox'
import { Timestamp } from '../ids.ts'
import { PermissionName } from './permissions.ts'
import { AccountScope, EffectiveScope } from './scope.ts'

const strict = { additionalProperties: false } as const

/** Secret scanners find what has a prefix of its own. */
export const TOKEN_PREFIX = 'sst_'

export const ApiToken = Type.Object(
  {
    tokenId: Type.Integer({ minimum: 1 }),
    name: Type.String(),
    username: Type.String(),
    permissions: Type.Array(PermissionName),
    /** Its own scope within its owner's; null: all machines. */
    scope: EffectiveScope,
    createdAt: Timestamp,
    expiresAt: Timestamp,
    lastUsedAt: Type.Union([Timestamp, Type.Null()]),
  },
  strict,
)
export type ApiToken = Static<typeof ApiToken>

export const ApiTokenList = Type.Object({ tokens: Type.Array(ApiToken) }, strict)
export type ApiTokenList = Static<typeof ApiTokenList>

export const NewApiToken = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$' }),
    permissions: Type.Array(PermissionName, { minItems: 1, uniqueItems: true }),
    /** Left out or null: its owner's. */
    scope: Type.Optional(AccountScope),
    validForDays: Type.Integer({ minimum: 1, maximum: 366, default: 90 }),
  },
  strict,
)
export type NewApiToken = Static<typeof NewApiToken>

export const CreatedApiToken = Type.Object(
  { ...ApiToken.properties, secret: Type.String() },
  strict,
)
export type CreatedApiToken = Static<typeof CreatedApiToken>
