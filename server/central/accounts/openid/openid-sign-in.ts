/** Signing in by way of an OpenID provider. The provider's second factor is the provider's to ask for. */
import { LRUCache } from 'lru-cache'
import type { Session } from '../../../protocol/api/session.ts'
import { AppError } from '../../../shared/app-error.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { Logger } from '../../../shared/logger.ts'
import { type AuditLog, CENTRAL_ACTOR } from '../../audit/audit-log.ts'
import { hashSecret, newSecret } from '../secrets.ts'
import type { SessionService, SignInPlace } from '../session-service.ts'
import type { CheckedPassword } from '../sign-in-service.ts'
import type { VouchedAccounts } from '../vouched-accounts.ts'
import type { OpenIdConfig } from './openid-config.ts'
import { createOpenIdProvider, type OpenIdFlow } from './openid-provider.ts'

/** From leaving for the provider to coming back. */
export const FLOW_MS = 10 * 60_000
/** Bounds what strangers can make us remember; the oldest go first. */
const MAX_FLOWS = 1_000

export interface OpenIdSignIn {
  label: string
  /** Cookies go over TLS only. */
  isSecure: boolean
  /** The flow token is for a cookie: only the browser that left may come back. Throws OPENID_UNAVAILABLE. */
  begin(): Promise<{ location: string; flowToken: string }>
  /** Each flow token works once. Throws OPENID_UNAVAILABLE, OPENID_REFUSED. */
  finish(
    flowToken: string | undefined,
    search: string,
    place: SignInPlace,
  ): Promise<{ token: string; session: Session }>
  /** Where to sign out of the provider as well; the sign-in page if that cannot be done. */
  signOutLocation(): Promise<string>
}

export function createOpenIdSignIn(
  config: OpenIdConfig,
  parts: {
    sessions: SessionService
    vouched: VouchedAccounts
    audit: AuditLog
    clock: Clock
    logger: Logger
  },
): OpenIdSignIn {
  const { sessions, vouched, audit, clock, logger } = parts
  const provider = createOpenIdProvider(config)
  const flows = new LRUCache<string, OpenIdFlow>({ max: MAX_FLOWS, ttl: FLOW_MS })
  const keyOf = (flowToken: string): string => hashSecret(flowToken).toString('hex')

  const unavailable = (error: unknown): AppError => {
    logger.warn({ err: error, issuer: config.issuer }, 'the OpenID provider could not be asked')
    const message = `${config.label} could not be asked; try again, or sign in with a password`
    return new AppError('OPENID_UNAVAILABLE', 503, message)
  }

  const takeFlow = (flowToken: string | undefined): OpenIdFlow | undefined => {
    if (flowToken === undefined) return undefined
    const flow = flows.get(keyOf(flowToken))
    flows.delete(keyOf(flowToken))
    return flow
  }

  const admit = (claims: Record<string, unknown>): CheckedPassword => {
    const { sub } = claims
    const username = claims[config.nameClaim]
    const mapping = mappingOf(claims, config)
    if (typeof username !== 'string' || typeof sub !== 'string') return { refused: 'no-name' }
    if (mapping === undefined) return { refused: 'no-role' }
    const { role, scope = null } = mapping
    const vouchedUntil = clock.now() + config.trustMinutes * 60_000
    const externalId = `${config.issuer} ${sub}`
    return vouched.admit({ source: 'openid', externalId, username, role, scope, vouchedUntil })
  }

  return {
    label: config.label,
    isSecure: config.consoleUrl.startsWith('https:'),

    begin: async () => {
      const { location, flow } = await provider.begin().catch((error: unknown) => {
        throw unavailable(error)
      })
      const flowToken = newSecret()
      flows.set(keyOf(flowToken), flow)
      return { location, flowToken }
    },

    finish: async (flowToken, search, place) => {
      const refuse = (reason: string, who = 'somebody'): never => {
        const { remoteAddress } = place
        audit.record(CENTRAL_ACTOR, 'session.refused', who, { remoteAddress, reason, by: 'openid' })
        throw new AppError('OPENID_REFUSED', 401, 'the sign-in was not accepted')
      }
      const flow = takeFlow(flowToken)
      if (flow === undefined) return refuse('no-flow')
      let claims: Record<string, unknown>
      try {
        claims = await provider.finish(flow, search)
      } catch (error) {
        logger.warn({ err: error, issuer: config.issuer }, 'a sign-in by OpenID was not accepted')
        return refuse('not-accepted')
      }
      const admitted = admit(claims)
      if ('refused' in admitted) {
        return refuse(
          admitted.refused,
          String(claims[config.nameClaim] ?? claims.sub).slice(0, 128),
        )
      }
      return sessions.open(admitted.user, place)
    },

    signOutLocation: async () => {
      const location = await provider.signOutLocation().catch((error: unknown) => {
        unavailable(error)
        return null
      })
      return location ?? '/sign-in'
    },
  }
}

function mappingOf(
  claims: Record<string, unknown>,
  config: OpenIdConfig,
): OpenIdConfig['roles'][number] | undefined {
  const path = [config.roleClaim].flat()
  const claim = path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    claims,
  )
  const values = [claim].flat()
  return config.roles.find(({ value }) => values.includes(value))
}
