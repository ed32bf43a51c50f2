/** Certificates of an authority of central's own, made on the first run and renewed while central runs. */
import { X509Certificate } from 'node:crypto'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import { pinOf } from '../../shared/pin.ts'
import type { Certificates, Shown } from './certificates.ts'
import { isStillGood, issueServerCertificate, makeAuthority } from './own-authority.ts'
import { type OwnCertificates, readOwnCertificates, writeOwnCertificates } from './own-file.ts'

export interface CertificateTiming {
  /** How long a server certificate is good for. */
  certificateLifeMs: number
  /** It is replaced when it has less than this to go. */
  certificateRenewMs: number
  certificateCheckMs: number
}

export interface OwnCertificatesParts {
  dataDir: string
  names: readonly string[]
  /** Names that are good on this machine only; certified, and told to nobody. */
  localNames: readonly string[]
  clock: Clock
  logger: Logger
  timing: CertificateTiming
}

export async function openOwnCertificates(parts: OwnCertificatesParts): Promise<Certificates> {
  const { dataDir, clock, logger, timing } = parts
  const { certificateLifeMs, certificateRenewMs } = timing
  const certified = [...new Set([...parts.names, ...parts.localNames])]
  const changeListeners: (() => void)[] = []
  const pinListeners: (() => void)[] = []
  const issue = (authority: OwnCertificates['authority']) =>
    issueServerCertificate(authority, certified, clock.now(), certificateLifeMs)

  let own: OwnCertificates
  const keep = (next: OwnCertificates): void => {
    writeOwnCertificates(dataDir, next)
    own = next
  }
  const known = readOwnCertificates(dataDir)
  if (known === null) {
    const authority = await makeAuthority(clock.now())
    keep({ authority, next: null, server: await issue(authority) })
    logger.info({ pin: shownOf(authority).pin }, 'made a certificate authority')
  } else {
    own = known
  }

  const renew = async (): Promise<void> => {
    keep({ ...own, server: await issue(own.authority) })
    logger.info({ validUntil: shownOf(own.server).validUntil }, 'made a new server certificate')
    for (const listener of changeListeners) listener()
  }
  const renewIfDue = async (): Promise<void> => {
    if (!isStillGood(own.server, certified, clock.now(), certificateRenewMs)) await renew()
  }
  await renewIfDue()
  /** One change after the other: each begins with what the one before left. */
  let changing: Promise<void> = Promise.resolve()
  const inTurn = (change: () => Promise<void>): Promise<void> => {
    const done = changing.then(change)
    changing = done.catch(() => undefined)
    return done
  }
  const timer = setInterval(() => {
    inTurn(renewIfDue).catch((error: unknown) => {
      logger.error({ err: error }, 'the server certificate could not be renewed')
    })
  }, timing.certificateCheckMs)
  timer.unref()

  const tellPins = (): void => {
    for (const listener of pinListeners) listener()
  }

  return {
    names: parts.names,
    // Agents look for the pinned authority in what is shown.
    current: () => ({
      cert: `${own.server.certificate.trim()}\n${own.authority.certificate.trim()}\n`,
      key: own.server.key,
    }),
    pins: () =>
      [own.authority, ...(own.next === null ? [] : [own.next])].map((each) => shownOf(each).pin),
    status: () => ({
      kind: 'own',
      names: certified,
      server: shownOf(own.server),
      authority: shownOf(own.authority),
      next: own.next === null ? null : shownOf(own.next),
    }),
    rotate: () => inTurn(renew),
    prepareAuthority: () =>
      inTurn(async () => {
        if (own.next !== null) return
        keep({ ...own, next: await makeAuthority(clock.now()) })
        tellPins()
      }),
    switchAuthority: () =>
      inTurn(async () => {
        const authority = own.next
        if (authority === null) {
          const message = 'there is no authority to change to; make one first'
          throw new AppError('NO_NEXT_AUTHORITY', 409, message)
        }
        keep({ authority, next: null, server: await issue(authority) })
        for (const listener of changeListeners) listener()
        tellPins()
      }),
    onChange: (listener) => void changeListeners.push(listener),
    onPins: (listener) => void pinListeners.push(listener),
    stop: () => clearInterval(timer),
  }
}

function shownOf({ certificate }: { certificate: string }): Shown {
  const read = new X509Certificate(certificate)
  return { pin: pinOf(read), validUntil: toTimestamp(read.validToDate.getTime()) }
}
