/** Where central is, for people and for enrolment strings. */
import type { Certificates } from './tls/certificates.ts'

export interface OwnAddress {
  /** Under the names of the certificate. None before it listens, and none without TLS. */
  urls(): string[]
  /** From now on it is known where central is. */
  listens(port: number): void
}

export function createOwnAddress(certificates: Certificates | null): OwnAddress {
  let urls: string[] = []
  return {
    urls: () => urls,
    listens: (port) => {
      urls = (certificates?.names ?? []).map((name) => urlOf(certificates, name, port))
    },
  }
}

/** Of a central that listens on `host`. One that listens on all addresses is called by its first name. */
export function listenedUrl(certificates: Certificates | null, host: string, port: number): string {
  const isAnyAddress = host === '0.0.0.0' || host === '::'
  const name = isAnyAddress ? certificates?.names[0] : undefined
  return urlOf(certificates, name ?? host, port)
}

function urlOf(certificates: Certificates | null, host: string, port: number): string {
  const scheme = certificates === null ? 'http' : 'https'
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
