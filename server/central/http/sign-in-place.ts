import type { FastifyRequest } from 'fastify'
import type { SignInPlace } from '../accounts/session-service.ts'

export function placeOf(request: FastifyRequest): SignInPlace {
  return { remoteAddress: request.ip, userAgent: request.headers['user-agent'] ?? '' }
}
