/** What administrators see of central's certificate and do with it. */
import type { CertificateStatus } from '../../protocol/api/certificate.ts'
import { AppError } from '../../shared/app-error.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { MachineKeyStore } from '../store/machine-key-store.ts'
import type { Certificates } from './certificates.ts'

export interface CertificateService {
  status(): CertificateStatus
  rotate(actor: string): Promise<CertificateStatus>
  prepareAuthority(actor: string): Promise<CertificateStatus>
  switchAuthority(isForced: boolean, actor: string): Promise<CertificateStatus>
}

export interface CertificateServiceParts {
  /** Null: plain http. */
  certificates: Certificates | null
  machineKeys: MachineKeyStore
  audit: AuditLog
}

export function createCertificateService(parts: CertificateServiceParts): CertificateService {
  const { certificates, machineKeys, audit } = parts
  const inUse = (): Certificates => {
    if (certificates !== null) return certificates
    const message =
      'central speaks plain http on loopback, and has no certificate; start it with --tls'
    throw new AppError('NO_TLS', 409, message)
  }
  const status = (): CertificateStatus => {
    if (certificates === null) {
      return { kind: 'none', names: [], server: null, authority: null, next: null }
    }
    const { next, ...shown } = certificates.status()
    return { ...shown, next: next && { ...next, ...machineKeys.countPinning(next.pin) } }
  }
  return {
    status,
    rotate: async (actor) => {
      await inUse().rotate()
      audit.record(actor, 'certificate.rotated', 'server')
      return status()
    },
    prepareAuthority: async (actor) => {
      await inUse().prepareAuthority()
      audit.record(actor, 'certificate.authority-made', status().next?.pin ?? '')
      return status()
    },
    switchAuthority: async (isForced, actor) => {
      const { next } = status()
      const missing = next === null ? 0 : next.machines - next.pinning
      if (missing > 0 && !isForced) {
        throw new AppError(
          'PINS_MISSING',
          409,
          `${missing} of ${next?.machines} machines in service do not accept the next authority yet, and would have to enrol again. Wait for them to connect, retire them, or force it.`,
        )
      }
      await inUse().switchAuthority()
      audit.record(actor, 'certificate.authority-switched', status().authority?.pin ?? '', {
        isForced,
        missing,
      })
      return status()
    },
  }
}
