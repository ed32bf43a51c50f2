/** `sidestream restore`: what a strip or reduce took away, from this PC's quarantine or that of its agent. */
import { isAbsolute, resolve } from 'node:path'
import { isKeptOf, type KeptHere, restoreTargetOf } from '../agent/local.ts'
import { displayName } from '../streams/display-name.ts'
import { badUsage } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import { carryOut, type OrderFlags, withEngine } from './order-command.ts'
import type { Terminal } from './terminal.ts'

export interface RestoreFlags extends OrderFlags {
  readonly id?: readonly string[]
}

/** Of each stream named by path the latest that was taken away; or exactly those ids. */
export async function runRestore(
  paths: readonly string[],
  flags: RestoreFlags,
  terminal: Terminal,
): Promise<number> {
  const ids = flags.id ?? []
  if (ids.length === 0 && paths.length === 0) {
    throw badUsage('name what to put back: paths, or --id from `sidestream quarantine list`')
  }
  const { chosen, missing } = await withEngine(flags, [], (engine) =>
    choose(engine.kept(), paths, ids),
  )
  for (const sentence of missing) terminal.note(sentence)
  if (chosen.length === 0) return ExitCode.someUnreadable
  // The folder: the carrier itself may be gone by now, which is the runner's to say. What is relative to a volume is
  // reached through the agent's scope.
  const roots = chosen.flatMap(({ entry: { path } }) =>
    isAbsolute(path) ? [resolve(path, '..')] : [],
  )
  return carryOut({
    action: 'restore',
    targets: chosen.map(({ entry }) => restoreTargetOf(entry)),
    roots,
    unreadable: missing.length,
    flags,
    terminal,
  })
}

interface Choice {
  readonly chosen: readonly KeptHere[]
  /** A sentence for each path and id that nothing is kept of. */
  readonly missing: readonly string[]
}

async function choose(
  kept: AsyncIterable<KeptHere>,
  paths: readonly string[],
  ids: readonly string[],
): Promise<Choice> {
  const chosen = new Map<string, KeptHere>()
  const missingIds = new Set(ids)
  const places = paths.map((path) => ({ path: resolve(path), isFound: false, last: '' }))
  for await (const here of kept) {
    const { targetId, volumeId, identity, stream } = here.entry
    const named = places.filter(({ path }) => isKeptOf(path, here))
    const why = whyNot(here)
    if (missingIds.delete(targetId)) {
      chosen.set(targetId, here)
    } else if (why === null && named.length > 0) {
      // Newest first: an older one of the same stream waits for another call.
      const key = `${volumeId}\0${identity}\0${stream}`
      if (!chosen.has(key)) chosen.set(key, here)
    }
    for (const place of named) {
      if (why === null) place.isFound = true
      place.last ||= why ?? ''
    }
  }
  const missing = [
    ...[...missingIds].map((id) => `nothing is kept under ${displayName(id)}`),
    ...places
      .filter(({ isFound }) => !isFound)
      .map(({ path, last }) => `nothing is kept of ${displayName(path)}${last && `: ${last}`}`),
  ]
  return { chosen: [...chosen.values()], missing }
}

/** Null where it can be put back. */
function whyNot({ entry: { restoredAt, prunedAt, outcome } }: KeptHere): string | null {
  if (restoredAt !== null) return `it was put back at ${restoredAt}`
  if (prunedAt !== null) return `its copy was pruned at ${prunedAt}, by the quarantine’s bounds`
  return outcome === 'done' ? null : 'it was not taken away'
}
