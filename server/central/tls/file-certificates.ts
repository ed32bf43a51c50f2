/**
 * A certificate that was brought. It is read again when its files change, as whoever renews it writes them. What is pinned
 * is the highest certificate in its file, so a chain should hold more than the leaf.
 */
import { createPrivateKey, type X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { AppError } from '../../shared/app-error.ts'
import { toTimestamp } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import { certificatesIn, pinOf } from '../../shared/pin.ts'
import type { Certificates } from './certificates.ts'

export interface FileCertificatesParts {
  certFile: string
  keyFile: string
  names: readonly string[]
  logger: Logger
  checkMs: number
}

interface Read {
  cert: string
  key: string
  chain: X509Certificate[]
}

export function openFileCertificates(parts: FileCertificatesParts): Certificates {
  const { certFile, keyFile, logger } = parts
  const changeListeners: (() => void)[] = []
  const pinListeners: (() => void)[] = []
  let read = readFiles(certFile, keyFile)
  const pinOfTop = ({ chain }: Read): string => pinOf(chain.at(-1)!)

  const look = (): void => {
    try {
      const found = readFiles(certFile, keyFile)
      if (found.cert === read.cert && found.key === read.key) return
      const isOtherPin = pinOfTop(found) !== pinOfTop(read)
      read = found
      for (const listener of changeListeners) listener()
      if (!isOtherPin) return
      logger.warn(
        'the new certificate has another pin: agents that are not connected must enrol again',
      )
      for (const listener of pinListeners) listener()
    } catch (error) {
      // Half written, or wrong: what is shown stays.
      logger.error({ err: error }, 'the certificate was not read again')
    }
  }
  const timer = setInterval(look, parts.checkMs)
  timer.unref()
  const shown = (certificate: X509Certificate) => ({
    pin: pinOf(certificate),
    validUntil: toTimestamp(certificate.validToDate.getTime()),
  })
  const notOurs = async (): Promise<void> => {
    const message = `the certificate was brought: replace ${certFile} and ${keyFile}`
    throw new AppError('CERTIFICATE_BROUGHT', 409, message)
  }

  return {
    names: parts.names,
    current: () => ({ cert: read.cert, key: read.key }),
    pins: () => [pinOfTop(read)],
    status: () => ({
      kind: 'files',
      names: [...parts.names],
      server: shown(read.chain[0]!),
      authority: shown(read.chain.at(-1)!),
      next: null,
    }),
    rotate: async () => look(),
    prepareAuthority: notOurs,
    switchAuthority: notOurs,
    onChange: (listener) => void changeListeners.push(listener),
    onPins: (listener) => void pinListeners.push(listener),
    stop: () => clearInterval(timer),
  }
}

function readFiles(certFile: string, keyFile: string): Read {
  try {
    const cert = readFileSync(certFile, 'utf8')
    const key = readFileSync(keyFile, 'utf8')
    const chain = certificatesIn(cert)
    if (chain.length === 0) throw new Error(`${certFile} holds no certificate`)
    if (!chain[0]!.checkPrivateKey(createPrivateKey(key))) {
      throw new Error(`the key of ${keyFile} is not that of ${certFile}`)
    }
    createSecureContext({ cert, key })
    return { cert, key, chain }
  } catch (cause) {
    const why = (cause as Error).message
    const message = `the certificate cannot be used: ${why}. Give --tls-cert (leaf first) and --tls-key as PEM.`
    throw new AppError('TLS_UNUSABLE', 500, message, { cause })
  }
}
