/**
 * The way to central: through a proxy where there is one, and to nobody but the central that is pinned. What is sent
 * goes out after the certificate was found good, never before.
 *
 * A pin names a public key, and OpenSSL checks against certificates; so the first connection asks for the certificates
 * that central shows, without saying anything, and takes from among them those that are pinned. From then on OpenSSL
 * trusts these and nothing else: signatures, names, dates and purposes are its work.
 */
import { X509Certificate } from 'node:crypto'
import type { Agent, ClientRequest } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions, request } from 'node:https'
import type { Socket } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  type DetailedPeerCertificate,
  type PeerCertificate,
  TLSSocket,
} from 'node:tls'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { AppError } from '../../shared/app-error.ts'
import { isLoopback } from '../../shared/loopback.ts'
import { pinOf } from '../../shared/pin.ts'

/** For `https.request` and `ws` alike. */
export interface DoorOptions
  extends Pick<ConnectionOptions, 'allowPartialTrustChain' | 'ca' | 'minVersion'> {
  readonly agent?: Agent
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined
}

/** On the way to central. */
export interface HttpProxy {
  /** `http://proxy.example.com:3128` */
  readonly url: string
  /** Host names, or `.ends` of them, that are reached without it; `*`: all. */
  readonly except: readonly string[]
}

/** From `agent.json`, which names no exceptions. */
export function proxyOf(url: string | undefined): HttpProxy | undefined {
  return url === undefined ? undefined : { url, except: [] }
}

export interface CentralDoorParts {
  readonly centralUrl: string
  readonly pins: () => readonly string[]
  readonly proxy?: HttpProxy | undefined
  readonly answerMs: number
}

export class CentralDoor {
  readonly #parts: CentralDoorParts
  /** PEM of what central showed and is pinned, with the pins that it was looked up for. */
  #known: { pins: string; certificates: string[] } | null = null

  #shown: X509Certificate | undefined

  constructor(parts: CentralDoorParts) {
    this.#parts = parts
  }

  /** When what central showed last ends; null without TLS. */
  get certificateEnds(): Date | null {
    return this.#shown === undefined ? null : this.#shown.validToDate
  }

  noteCertificate(certificate: X509Certificate | undefined): void {
    this.#shown = certificate
  }

  /** Throws PIN_MISMATCH, CENTRAL_UNREACHABLE or INSECURE_CENTRAL. */
  async options(signal?: AbortSignal): Promise<DoorOptions> {
    const { centralUrl } = this.#parts
    requireTls(centralUrl)
    const agent = this.#agent()
    const pins = this.#parts.pins()
    if (pins.length === 0 || !centralUrl.startsWith('https:')) return agent
    const key = pins.join()
    if (this.#known?.pins !== key) {
      this.#known = { pins: key, certificates: await this.#lookUp(agent, pins, signal) }
    }
    return {
      ...agent,
      ca: this.#known.certificates,
      // A leaf may be pinned, which nothing above it vouches for.
      allowPartialTrustChain: true,
      minVersion: 'TLSv1.3',
      checkServerIdentity: (_host, certificate) => this.#identityFault(certificate, pins),
    }
  }

  /**
   * What the failure of a connection means. Where certificates that were looked up before do not fit any more, central may
   * have changed to another one that is pinned too: the next time they are looked up anew.
   */
  understand(error: NodeJS.ErrnoException): AppError | null {
    if (!isCertificateError(error)) return null
    this.#known = null
    return new AppError(
      'CERTIFICATE_REFUSED',
      502,
      `the certificate of ${this.#parts.centralUrl} is not good (${error.code}): ${error.message}`,
      { cause: error },
    )
  }

  #agent(): { agent?: Agent } {
    const { proxy, centralUrl } = this.#parts
    const { hostname } = new URL(centralUrl)
    // A proxy's localhost is another machine.
    if (proxy === undefined || isLoopback(hostname) || isExcepted(hostname, proxy)) return {}
    return { agent: new HttpsProxyAgent(proxy.url) }
  }

  #identityFault(certificate: PeerCertificate, pins: readonly string[]): Error | undefined {
    // A pinned key is central, whatever name it goes by; one that a pinned authority vouches for needs the name.
    if (pins.includes(pinOf(new X509Certificate(certificate.raw)))) return undefined
    return checkServerIdentity(
      new URL(this.#parts.centralUrl).hostname.replace(/^\[|\]$/g, ''),
      certificate,
    )
  }

  async #lookUp(
    { agent }: { agent?: Agent },
    pins: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<string[]> {
    const { centralUrl, answerMs } = this.#parts
    const shown = await shownCertificates(centralUrl, { agent, signal, timeout: answerMs })
    const pinned = shown.filter((certificate) => pins.includes(pinOf(certificate)))
    if (pinned.length > 0) return pinned.map(String)
    throw new AppError(
      'PIN_MISMATCH',
      502,
      `${centralUrl} does not show the certificate that is pinned here: it is another central, or something between reads along. If central has a new certificate authority, enrol again.`,
    )
  }
}

function isExcepted(host: string, { except }: HttpProxy): boolean {
  const name = host.toLowerCase()
  return except.some((each) => {
    const end = each.toLowerCase().replace(/^\*?\./, '')
    return each === '*' || name === end || (end !== '' && name.endsWith(`.${end}`))
  })
}

/** Everything but loopback is encrypted. */
export function requireTls(centralUrl: string): void {
  const { protocol, hostname } = new URL(centralUrl)
  if (protocol === 'https:' || isLoopback(hostname)) return
  throw new AppError(
    'INSECURE_CENTRAL',
    400,
    `${centralUrl} is not encrypted, and not on this machine. Use its https address.`,
  )
}

/** What whoever answers there shows of itself. Nothing is believed yet and nothing is said but a HEAD. */
function shownCertificates(
  centralUrl: string,
  { agent, ...options }: Pick<RequestOptions, 'agent' | 'signal' | 'timeout'>,
): Promise<X509Certificate[]> {
  const { promise, resolve, reject } = Promise.withResolvers<X509Certificate[]>()
  const asked: ClientRequest = request(`${centralUrl}/healthz`, {
    // A session that is resumed shows no chain.
    ...options,
    agent: agent ?? new HttpsAgent({ maxCachedSessions: 0 }),
    method: 'HEAD',
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
  })
  asked.once('socket', (socket: Socket) => {
    if (!(socket instanceof TLSSocket)) return
    const look = (): void => {
      resolve(chainOf(socket.getPeerCertificate(true)))
      asked.destroy()
    }
    if (socket.getPeerX509Certificate() === undefined) socket.once('secureConnect', look)
    else look()
  })
  // Only where no socket with TLS came: a proxy that refuses.
  asked.once('response', (response) => {
    reject(new Error(`HTTP ${response.statusCode}`))
    asked.destroy()
  })
  asked.once('timeout', () => asked.destroy(new Error('no answer in time')))
  asked.on('error', reject)
  asked.end()
  return promise.catch((cause: NodeJS.ErrnoException) => {
    const why = cause.message || cause.code
    throw new AppError(
      'CENTRAL_UNREACHABLE',
      502,
      `${centralUrl} does not answer (${why}). Check the address, the name, the firewall and the proxy.`,
      { cause },
    )
  })
}

function chainOf(leaf: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = []
  let next: DetailedPeerCertificate | undefined = leaf
  // The last one points at itself.
  while (next?.raw !== undefined && !chain.some(({ raw }) => raw.equals(next!.raw))) {
    chain.push(new X509Certificate(next.raw))
    next = next.issuerCertificate
  }
  return chain
}

const CERTIFICATE_ERRORS =
  /^(ERR_TLS_CERT|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_|PATH_LENGTH_|HOSTNAME_)/

function isCertificateError({ code }: NodeJS.ErrnoException): boolean {
  return code !== undefined && CERTIFICATE_ERRORS.test(code)
}
