/** A pin: the SHA-256 of a certificate's public key (its SubjectPublicKeyInfo), in hex. It outlives a renewal with the same key. */
import { createHash, X509Certificate } from 'node:crypto'

export function pinOf(certificate: X509Certificate): string {
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('hex')
}

/** Every certificate of a PEM file, in its order. Throws where one of them is none. */
export function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block))
}
