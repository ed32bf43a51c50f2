/**
 * The conversation with an OpenID provider: authorization code with PKCE, state and nonce; the ID token's signature is
 * checked too. Keeps nothing but the provider's own description.
 */
import * as openid from 'openid-client'
import type { OpenIdConfig } from './openid-config.ts'

/** What one sign-in is recognised by when the browser comes back. */
export interface OpenIdFlow {
  state: string
  nonce: string
  codeVerifier: string
}

export interface OpenIdProvider {
  /** Where the browser is to go. */
  begin(): Promise<{ location: string; flow: OpenIdFlow }>
  /** `search`: the query string that the browser came back with. Throws where anything of it is not right. */
  finish(flow: OpenIdFlow, search: string): Promise<Record<string, unknown>>
  /** Null: the provider has no page to sign out at. */
  signOutLocation(): Promise<string | null>
}

export const CALLBACK_PATH = '/api/v1/openid/callback'
/** Keys and addresses of a provider change, and central runs for months. */
const DESCRIPTION_MS = 60 * 60_000

export function createOpenIdProvider(config: OpenIdConfig): OpenIdProvider {
  const redirectUri = `${config.consoleUrl}${CALLBACK_PATH}`
  const describe = describer(config)
  return {
    begin: async () => {
      const flow: OpenIdFlow = {
        state: openid.randomState(),
        nonce: openid.randomNonce(),
        codeVerifier: openid.randomPKCECodeVerifier(),
      }
      const location = openid.buildAuthorizationUrl(await describe(), {
        redirect_uri: redirectUri,
        scope: config.scope,
        state: flow.state,
        nonce: flow.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(flow.codeVerifier),
        code_challenge_method: 'S256',
      })
      return { location: location.href, flow }
    },

    finish: async ({ state, nonce, codeVerifier }, search) => {
      const provider = await describe()
      // What the browser was sent to, not what a proxy made of it.
      const tokens = await openid.authorizationCodeGrant(
        provider,
        new URL(`${redirectUri}${search}`),
        { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier },
      )
      const claims: Record<string, unknown> = { ...tokens.claims() }
      if (provider.serverMetadata().userinfo_endpoint === undefined) return claims
      // Many providers say groups only there.
      const { sub } = claims
      const more = await openid.fetchUserInfo(provider, tokens.access_token, String(sub))
      return { ...more, ...claims }
    },

    signOutLocation: async () => {
      const provider = await describe()
      if (provider.serverMetadata().end_session_endpoint === undefined) return null
      const parameters = { post_logout_redirect_uri: `${config.consoleUrl}/sign-in` }
      return openid.buildEndSessionUrl(provider, parameters).href
    },
  }
}

/** Asked for when it is first needed, so that central starts without the provider, and again from time to time. */
function describer(config: OpenIdConfig): () => Promise<openid.Configuration> {
  let described: Promise<openid.Configuration> | undefined
  let until = 0
  return () => {
    if (described !== undefined && performance.now() < until) return described
    until = performance.now() + DESCRIPTION_MS
    described = discover(config)
    described.catch(() => {
      described = undefined
    })
    return described
  }
}

function discover(config: OpenIdConfig): Promise<openid.Configuration> {
  const { issuerUrl, clientId, clientSecret, clientAuth, timeoutSeconds } = config
  const execute = [openid.enableNonRepudiationChecks]
  // The configuration allows plain http for a loopback address only.
  if (issuerUrl.protocol === 'http:') execute.push(openid.allowInsecureRequests)
  return openid.discovery(issuerUrl, clientId, {}, authentication(clientSecret, clientAuth), {
    execute,
    timeout: timeoutSeconds,
  })
}

function authentication(secret: string | null, how: OpenIdConfig['clientAuth']): openid.ClientAuth {
  if (secret === null) return openid.None()
  return how === 'basic' ? openid.ClientSecretBasic(secret) : openid.ClientSecretPost(secret)
}
