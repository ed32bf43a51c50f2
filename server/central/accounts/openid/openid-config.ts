/**
 * `openid.json`: the OpenID provider that people sign in with, and which value of which claim means which role. Read at
 * start; what is wrong with it is said by its place in the file. The secret is in a file of its own, beside it.
 */
import { type Static, Type } from 'typebox'
import { Role } from '../../../protocol/api/permissions.ts'
import { AccountScope } from '../../../protocol/api/scope.ts'
import { AppError } from '../../../shared/app-error.ts'
import { readConfigFile, readSecretBeside } from '../config-file.ts'
import { isLoopback } from '../is-loopback.ts'

const strict = { additionalProperties: false } as const
const Text = Type.String({ minLength: 1, maxLength: 1_024 })

const OpenIdFile = Type.Object(
  {
    /** As the provider's discovery document says it, to the letter. https, but for a loopback address. */
    issuer: Type.String({ pattern: '^https?://[^\\s?#]+$', maxLength: 1_024 }),
    clientId: Text,
    /** Left out for a client without a secret. */
    clientSecretFile: Type.Optional(Text),
    clientAuth: Type.Union([Type.Literal('basic'), Type.Literal('post')], { default: 'basic' }),
    /** Where browsers reach central, such as `https://sidestream.example.com`. */
    consoleUrl: Type.String({ pattern: '^https?://[^/\\s?#@]+/?$', maxLength: 1_024 }),
    scope: Type.String({
      pattern: '\\bopenid\\b',
      maxLength: 1_024,
      default: 'openid profile email',
    }),
    /** Becomes the name of the account. */
    nameClaim: Type.String({ minLength: 1, maxLength: 256, default: 'preferred_username' }),
    /** Text or a list of texts; several names lead into objects, as in `["realm_access", "roles"]`. */
    roleClaim: Type.Union([Text, Type.Array(Text, { minItems: 1, maxItems: 4 })], {
      default: 'groups',
    }),
    /** The first whose value is in the claim counts. With `scope`: for machines with one of these labels only. None of them: no access. */
    roles: Type.Array(
      Type.Object({ value: Text, role: Role, scope: Type.Optional(AccountScope) }, strict),
      { minItems: 1, maxItems: 64 },
    ),
    /** On the button of the sign-in page. */
    label: Type.String({ minLength: 1, maxLength: 60, default: 'OpenID' }),
    /** How long a sign-in counts, for sessions and for tokens: nobody can be asked in between. */
    trustMinutes: Type.Number({ minimum: 0.001, maximum: 10_080, default: 480 }),
    timeoutSeconds: Type.Integer({ minimum: 1, maximum: 60, default: 10 }),
  },
  strict,
)
type OpenIdFile = Static<typeof OpenIdFile>

export interface OpenIdConfig extends Omit<OpenIdFile, 'clientSecretFile'> {
  issuerUrl: URL
  clientSecret: string | null
  /** Without a slash at the end. */
  consoleUrl: string
}

/** Throws OPENID_CONFIG_INVALID. */
export function loadOpenIdConfig(path: string): OpenIdConfig {
  const fail = (what: string): never => {
    throw new AppError('OPENID_CONFIG_INVALID', 500, `${path}: ${what}`)
  }
  const { clientSecretFile, ...file } = readConfigFile(path, OpenIdFile, fail)
  const issuerUrl = new URL(file.issuer)
  if (issuerUrl.protocol === 'http:' && !isLoopback(issuerUrl.hostname)) {
    fail('the provider would be asked in plain text; use an https:// issuer')
  }
  return {
    ...file,
    issuerUrl,
    consoleUrl: file.consoleUrl.replace(/\/$/, ''),
    clientSecret:
      clientSecretFile === undefined ? null : readSecretBeside(path, clientSecretFile, fail),
  }
}
