/** Whether central speaks TLS, and with which certificate. Outside loopback it always does. */
import { hostname } from 'node:os'
import { AppError } from '../../shared/app-error.ts'
import { isLoopback } from '../../shared/loopback.ts'
import type { Certificates } from './certificates.ts'
import { openFileCertificates } from './file-certificates.ts'
import type { OwnCertificatesParts } from './own-certificates.ts'

/** Default, `auto`: by an authority of our own wherever it is not loopback. */
export type TlsChoice = 'auto' | 'own' | 'off' | { certFile: string; keyFile: string }

export interface TlsParts extends Omit<OwnCertificatesParts, 'names' | 'localNames'> {
  tls: TlsChoice
  host: string
  /** How others call this central; default: by its host name and the address that it listens on. */
  names: readonly string[] | undefined
}

const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1']

/** Null: plain http. Throws TLS_REQUIRED or TLS_UNUSABLE. */
export async function openCertificates(parts: TlsParts): Promise<Certificates | null> {
  const { tls, host, logger, timing } = parts
  if (tls === 'off' || tls === 'auto') {
    if (isLoopback(host)) return null
    if (tls === 'off') {
      throw new AppError(
        'TLS_REQUIRED',
        500,
        `central does not speak plain http on ${host}, which is not loopback. Leave out --no-tls, or listen on 127.0.0.1.`,
      )
    }
  }
  const names = parts.names?.length ? parts.names : defaultNames(host)
  if (typeof tls === 'object') {
    return openFileCertificates({ ...tls, names, logger, checkMs: timing.certificateCheckMs })
  }
  // What makes certificates takes a moment to load, and most centrals on loopback never need it.
  const { openOwnCertificates } = await import('./own-certificates.ts')
  return openOwnCertificates({ ...parts, names, localNames: LOCAL_NAMES })
}

function defaultNames(host: string): string[] {
  const isAnyAddress = host === '0.0.0.0' || host === '::'
  return [...new Set([hostname().toLowerCase(), ...(isAnyAddress ? [] : [host])])]
}
