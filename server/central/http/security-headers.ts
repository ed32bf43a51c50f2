/** What a browser is told about our pages. Nothing of the console comes from elsewhere, and nothing may frame it. */
import type { FastifyHelmetOptions } from '@fastify/helmet'

export const SECURITY_HEADERS: FastifyHelmetOptions = {
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
  // Central speaks http, behind a proxy or on one PC; HSTS is for whoever ends TLS to promise.
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
}
