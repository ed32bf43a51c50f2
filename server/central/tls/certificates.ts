/** What central shows of itself, whoever made it. The listener takes what is current, and is told when it changes. */
import type { SecureContextOptions } from 'node:tls'
import type { CertificateStatus } from '../../protocol/api/certificate.ts'

export interface Certificates {
  /** For the listener: chain and key. */
  current(): Pick<SecureContextOptions, 'cert' | 'key'>
  /** What agents have to accept: what is shown, and what will be. */
  pins(): string[]
  /** Under which names agents find it. */
  readonly names: readonly string[]
  status(): Omit<CertificateStatus, 'next'> & { next: Shown | null }
  /** A new certificate of the same authority. */
  rotate(): Promise<void>
  /** Makes the authority to come. */
  prepareAuthority(): Promise<void>
  /** Shows the authority that was to come. */
  switchAuthority(): Promise<void>
  /** The listener has to take what is current. */
  onChange(listener: () => void): void
  /** Agents have to be told. */
  onPins(listener: () => void): void
  stop(): void
}

export interface Shown {
  pin: string
  validUntil: string
}
