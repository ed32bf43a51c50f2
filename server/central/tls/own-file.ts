/** `own-certificates.json` in central's data folder: the authority, the one to come, and the server certificate. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { AppError } from '../../shared/app-error.ts'
import { writeFileAtomically } from '../../shared/atomic-file.ts'

export const OWN_CERTIFICATES_FILE = 'own-certificates.json'
/** For people, browsers and command lines, who may all see it. */
export const AUTHORITY_FILE = 'authority.pem'

const Keyed = Type.Object(
  { certificate: Type.String(), key: Type.String() },
  { additionalProperties: false },
)

export const OwnCertificates = Type.Object(
  { authority: Keyed, next: Type.Union([Keyed, Type.Null()]), server: Keyed },
  { additionalProperties: false },
)
export type OwnCertificates = Static<typeof OwnCertificates>

const validator = Compile(OwnCertificates)

/** Null on the first run. A file that cannot be read is never replaced: agents have its authority pinned. */
export function readOwnCertificates(dataDir: string): OwnCertificates | null {
  const path = join(dataDir, OWN_CERTIFICATES_FILE)
  if (!existsSync(path)) return null
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (validator.Check(value)) return value
  } catch {
    // The parser's message would quote a file that holds keys.
  }
  const message = `${path} cannot be read; put it back from a backup, since machines have its authority pinned`
  throw new AppError('TLS_UNUSABLE', 500, message)
}

/** In one piece, and 0600: a crash leaves the old authority with its key or the new one with its own. */
export function writeOwnCertificates(dataDir: string, certificates: OwnCertificates): void {
  const json = `${JSON.stringify(certificates, null, 2)}\n`
  writeFileAtomically(join(dataDir, OWN_CERTIFICATES_FILE), json)
  const { authority, next } = certificates
  const shown = [authority, ...(next === null ? [] : [next])].map(({ certificate }) => certificate)
  writeFileAtomically(join(dataDir, AUTHORITY_FILE), `${shown.join('\n').trim()}\n`)
}
