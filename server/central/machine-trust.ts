/** Whom central takes for a machine, and what machines take for central: keys, enrolment, and the certificate's pins. */
import type { MachineId } from '../protocol/ids.ts'
import type { Clock } from '../shared/clock.ts'
import type { Logger } from '../shared/logger.ts'
import type { AuditLog } from './audit/audit-log.ts'
import { createEnrolmentService, type EnrolmentService } from './enrolment/enrolment-service.ts'
import { createPendingService, type PendingService } from './enrolment/pending-service.ts'
import type { EventHub } from './events/event-hub.ts'
import type { Connections } from './link/connections.ts'
import { createHelloCheck, type HelloCheck } from './link/hello-check.ts'
import type { AdmissionService } from './machines/admission-service.ts'
import { createKeyService, type KeyService } from './machines/key-service.ts'
import type { Stores } from './store/stores.ts'
import { type CertificateService, createCertificateService } from './tls/certificate-service.ts'
import type { Certificates } from './tls/certificates.ts'

export interface MachineTrustParts {
  stores: Stores
  link: Connections
  admission: AdmissionService
  /** Null: plain http. */
  certificates: Certificates | null
  /** Where central is, for enrolment strings. */
  urls(): string[]
  audit: AuditLog
  events: EventHub
  clock: Clock
  logger: Logger
}

export interface MachineTrust {
  keys: KeyService
  pending: PendingService
  enrolment: EnrolmentService
  certificate: CertificateService
  checkHello: HelloCheck
  /** Tells an agent that is connected what central may show. */
  tellPins(machineId: MachineId): void
}

export function createMachineTrust(parts: MachineTrustParts): MachineTrust {
  const { stores, link, admission, certificates } = parts
  const { machines, machineKeys } = stores
  const revoked = { disconnect: (id: MachineId) => link.close(id, 'revoked') }
  const keys = createKeyService({ ...stores, ...parts, ...revoked })
  const pending = createPendingService({ ...parts, ...revoked })
  const pins = () => certificates?.pins() ?? []
  const tellPins = (machineId: MachineId): void => void keys.tellPins(machineId, pins())
  certificates?.onPins(() => link.list().forEach(tellPins))
  const checkSignature = createHelloCheck({
    findPublicKey: (id) => machines.findPublicKey(id),
    isRevoked: (id) => machineKeys.isRevoked(id),
    adopt: (id, nextKey) => keys.adopt(id, nextKey),
  })
  return {
    keys,
    pending,
    enrolment: createEnrolmentService({
      ...parts,
      pending,
      reach: () => ({ urls: parts.urls(), pins: pins() }),
    }),
    certificate: createCertificateService({ ...parts, machineKeys }),
    checkHello: (context, hello) =>
      checkSignature(context, hello, () => admission.refusal(hello.machineId, hello.facts)),
    tellPins,
  }
}
