/**
 * Asks a central over its HTTP API: signed in as a person, with a session that ends with the command, or with an API
 * token.
 */
import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { ErrorReply } from '../protocol/errors.ts'
import { badUsage, CliError } from './cli-error.ts'

export interface CentralAccess {
  readonly url: string
  /** A token says by itself whose it is. */
  readonly credentials:
    | { readonly token: string }
    | { readonly username: string; readonly password: string }
}

export interface AccessFlags {
  readonly central?: string
  readonly user?: string
  readonly passwordFile?: string
  readonly tokenFile?: string
  readonly ca?: string
}

/** A password is never an argument: every user of the machine can read those. */
export function accessFrom(
  flags: AccessFlags,
  environment: Readonly<Record<string, string | undefined>>,
): CentralAccess {
  const url = flags.central ?? environment.SIDESTREAM_CENTRAL
  if (!url) throw badUsage('which central? name it with --central URL or $SIDESTREAM_CENTRAL')
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw badUsage(`"${url}" is no address of a central; it looks like https://central.example.com`)
  }
  const ca = flags.ca ?? environment.SIDESTREAM_CA
  if (ca) trust(ca)
  return { url: url.replace(/\/+$/, ''), credentials: credentialsFrom(flags, environment) }
}

/** What was named on the command line goes before what the environment has. */
function credentialsFrom(
  { passwordFile, tokenFile, user }: AccessFlags,
  environment: Readonly<Record<string, string | undefined>>,
): CentralAccess['credentials'] {
  if (tokenFile !== undefined) return { token: readSecret(tokenFile, 'token') }
  if (passwordFile === undefined && environment.SIDESTREAM_TOKEN) {
    return { token: environment.SIDESTREAM_TOKEN }
  }
  const password =
    passwordFile === undefined
      ? environment.SIDESTREAM_PASSWORD
      : readSecret(passwordFile, 'password')
  if (!password) {
    throw badUsage(
      'no password: set $SIDESTREAM_PASSWORD or name a --password-file (- for standard input), or use an API token: $SIDESTREAM_TOKEN or --token-file',
    )
  }
  return { username: user ?? environment.SIDESTREAM_USER ?? 'admin', password }
}

/** Besides what the system trusts, for this command. */
function trust(file: string): void {
  try {
    setDefaultCACertificates([...getCACertificates('default'), readFileSync(file, 'utf8')])
  } catch (cause) {
    throw badUsage(`--ca cannot be used: ${(cause as Error).message}`)
  }
}

const STANDARD_INPUT = 0

export function readSecret(file: string, what: string): string {
  try {
    return readFileSync(file === '-' ? STANDARD_INPUT : file, 'utf8').replace(/\r?\n$/, '')
  } catch (cause) {
    throw badUsage(`the ${what} file cannot be read: ${(cause as Error).message}`)
  }
}

export class CentralClient {
  readonly #url: string
  /** Who asks: a session's cookie or a token. */
  readonly #identity: Readonly<Record<string, string>>
  readonly #signal: AbortSignal

  private constructor(
    url: string,
    identity: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) {
    this.#url = url
    this.#identity = identity
    this.#signal = signal
  }

  static async signIn(
    { url, credentials }: CentralAccess,
    signal: AbortSignal,
  ): Promise<CentralClient> {
    if ('token' in credentials) {
      return new CentralClient(url, { authorization: `Bearer ${credentials.token}` }, signal)
    }
    const stranger = new CentralClient(url, {}, signal)
    const response = await stranger.#send('POST', '/session', credentials)
    await response.body?.cancel()
    const cookie = response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
    return new CentralClient(url, { cookie }, signal)
  }

  async get<Reply>(path: string): Promise<Reply> {
    return (await (await this.#send('GET', path)).json()) as Reply
  }

  async post<Reply>(path: string, body: object): Promise<Reply> {
    return (await (await this.#send('POST', path, body)).json()) as Reply
  }

  async patch<Reply>(path: string, body: object): Promise<Reply> {
    return (await (await this.#send('PATCH', path, body)).json()) as Reply
  }

  async put<Reply>(path: string, body: object): Promise<Reply> {
    return (await (await this.#send('PUT', path, body)).json()) as Reply
  }

  async delete(path: string): Promise<void> {
    await (await this.#send('DELETE', path)).body?.cancel()
  }

  /** For what answers nothing. */
  async order(path: string, body: object): Promise<void> {
    await (await this.#send('POST', path, body)).body?.cancel()
  }

  /** Also when the command was interrupted: what it began is ended. */
  async postAnyway(path: string, body: object): Promise<void> {
    const anyway = new CentralClient(this.#url, this.#identity, AbortSignal.timeout(5_000))
    await anyway.#send('POST', path, body).catch(() => undefined)
  }

  async *text(path: string): AsyncGenerator<string, void, undefined> {
    const { body } = await this.#send('GET', path)
    if (body !== null) yield* body.pipeThrough(new TextDecoderStream())
  }

  /** NDJSON, a value at a time. */
  async *lines<Line>(path: string): AsyncGenerator<Line, void, undefined> {
    let rest = ''
    for await (const chunk of this.text(path)) {
      const whole = (rest + chunk).split('\n')
      rest = whole.pop() ?? ''
      for (const line of whole) yield JSON.parse(line) as Line
    }
    if (rest !== '') throw new CliError('CENTRAL_CUT_SHORT', 'central’s answer ended in the middle')
  }

  async signOut(): Promise<void> {
    // A token is nobody's session.
    if (!('cookie' in this.#identity)) return
    const anyway = new CentralClient(this.#url, this.#identity, AbortSignal.timeout(5_000))
    await anyway.#send('DELETE', '/session').catch(() => undefined)
  }

  async #send(method: string, path: string, body?: object): Promise<Response> {
    const headers: Record<string, string> = { ...this.#identity }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const request = { method, headers, signal: this.#signal, redirect: 'error' as const }
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      ...request,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: Error) => {
      this.#signal.throwIfAborted()
      const why = (error.cause as Error | undefined)?.message || error.message
      throw new CliError('CENTRAL_UNREACHABLE', `${this.#url} does not answer: ${why}`, {
        cause: error,
      })
    })
    if (response.ok) return response
    const said = (await response.json().catch(() => null)) as Partial<ErrorReply> | null
    throw new CliError(
      said?.code ?? 'CENTRAL_FAILED',
      said?.message ?? `${this.#url} answered ${response.status}`,
      { details: said?.details },
    )
  }
}
