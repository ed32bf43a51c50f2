const ZONES = ['this PC', 'intranet', 'trusted', 'Internet', 'restricted']

/** A zone for people: `3 Internet`; only the number where Windows has no name for it. */
export function zoneName(id: number): string {
  const name = ZONES[id]
  return name === undefined ? String(id) : `${id} ${name}`
}
