/**
 * `/api/v1/users`
 *
 *   GET   /users             { users: User[] }, by name
 *   POST  /users             NewUser → 201 User; 409 USER_EXISTS
 *   PATCH /users/:username   UserChange → User; 404 USER_NOT_FOUND; 409 LAST_ADMIN. Ends the user's sessions.
 *                            409 ACCOUNT_FROM_ELSEWHERE: role, scope and password of such a user are changed where they come from.
 *   POST  /session/password  OwnPassword → 204; of who is signed in; 401 SIGN_IN_REFUSED
 */
import { type Static, Type } from 'typebox'
import { Timestamp } from '../ids.ts'
import { Role } from './permissions.ts'
import { AccountScope } from './scope.ts'

const strict = { additionalProperties: false } as const

/** Shown in the audit log and on the terminal, typed by people: no spaces, no control characters. */
export const Username = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$' })

/**
 * Who checks the password, and says what the role is: central itself, the directory (LDAP), or an OpenID provider.
 * The account of somebody from elsewhere appears at the first sign-in.
 */
export const UserSource = Type.Union([
  Type.Literal('local'),
  Type.Literal('directory'),
  Type.Literal('openid'),
])
export type UserSource = Static<typeof UserSource>

/** Long rather than colourful; NIST SP 800-63B-4 asks for 15 where it is the only factor. */
export const NewPassword = Type.String({ minLength: 15, maxLength: 1_024 })

export const User = Type.Object(
  {
    username: Type.String(),
    role: Role,
    /** Labels of the machines that the user is bound to; null: all. */
    scope: AccountScope,
    source: UserSource,
    createdAt: Timestamp,
    isDisabled: Type.Boolean(),
    hasFactor: Type.Boolean(),
    lastSignInAt: Type.Union([Timestamp, Type.Null()]),
  },
  strict,
)
export type User = Static<typeof User>

export const UserList = Type.Object({ users: Type.Array(User) }, strict)
export type UserList = Static<typeof UserList>

export const NewUser = Type.Object(
  { username: Username, password: NewPassword, role: Role, scope: Type.Optional(AccountScope) },
  strict,
)
export type NewUser = Static<typeof NewUser>

export const UserChange = Type.Object(
  {
    role: Type.Optional(Role),
    scope: Type.Optional(AccountScope),
    password: Type.Optional(NewPassword),
    isDisabled: Type.Optional(Type.Boolean()),
  },
  { ...strict, minProperties: 1 },
)
export type UserChange = Static<typeof UserChange>

export const OwnPassword = Type.Object(
  { currentPassword: Type.String({ minLength: 1, maxLength: 1_024 }), newPassword: NewPassword },
  strict,
)
export type OwnPassword = Static<typeof OwnPassword>
