/**
 * `/api/v1/packages`: the agent's packages that this central hands out, from `packages/` of its data folder.
 *
 *   GET /packages         → PackageList
 *   GET /packages/:name   → the file
 */
import { type Static, Type } from 'typebox'
import { Sha256, Timestamp } from '../ids.ts'

const strict = { additionalProperties: false } as const

/** A file's name and never a path: it begins with a letter or digit and has no separator. */
export const PackageName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}\\.(msi|deb|tar\\.zst)$',
  maxLength: 140,
})

export const OfferedPackage = Type.Object(
  {
    name: PackageName,
    sizeBytes: Type.Integer({ minimum: 0 }),
    sha256: Sha256,
    modifiedAt: Timestamp,
    command: Type.String({
      maxLength: 4_096,
      description: 'Installs and enrols; TOKEN stands for a token of POST /enrolments',
    }),
  },
  strict,
)
export type OfferedPackage = Static<typeof OfferedPackage>

export const PackageList = Type.Object(
  { packages: Type.Array(OfferedPackage, { maxItems: 100 }) },
  strict,
)
export type PackageList = Static<typeof PackageList>
