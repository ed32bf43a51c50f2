/** What a browser is told about our pages. Nothing of the console comes from elsewhere, and nothing may frame it. */
import type { FastifyHelmetOptions } from '@fastify/helmet'

/** Where central ends TLS itself it promises to go on doing so; behind a proxy that is the proxy's to promise. */
const HSTS = { maxAge: 180 * 86_400, includeSubDomains: false }

const HEADERS = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      fontSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      // Stream names are hostile: no string becomes markup, even by a slip in the console.
      requireTrustedTypesFor: ["'script'"],
    },
  },
  xFrameOptions: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
} as const satisfies FastifyHelmetOptions

export function securityHeaders(isTls: boolean): FastifyHelmetOptions {
  return { ...HEADERS, strictTransportSecurity: isTls ? HSTS : false }
}
