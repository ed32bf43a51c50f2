/** The twelve questions that a search has to answer soon, whatever the size of the fleet. */

export interface CanonicalQuery {
  readonly what: string
  readonly q: string
  /** Asks for the facets instead of a page. */
  readonly isFacets?: true
}

/** Of the made-up fleet; another fleet has other names, and these questions still make sense. */
export const canonicalQueries: readonly CanonicalQuery[] = [
  { what: 'exact name', q: 'name:archive-guide-244.msg' },
  { what: 'prefix', q: 'name:setup-report-*' },
  { what: 'substring', q: 'path:catalogue-drawing' },
  { what: 'zone and domain', q: 'zone:3 host:*.contoso-viewer*' },
  { what: 'range of sizes', q: 'size:100kb..1mb' },
  { what: 'negation', q: 'zone:3 -host:*.com' },
  { what: 'one machine', q: 'machine:PAR-PC-00001' },
  { what: 'first seen within', q: 'first:2026-11-15..2026-11-16' },
  { what: 'facets', q: 'zone:3', isFacets: true },
  { what: 'nothing found', q: 'xyzzyplugh' },
  { what: 'hash', q: 'sha256:00ab*' },
  { what: 'combined and rare', q: 'ext:exe verdict:suspicious label:"role:kiosk"' },
]
