/** A carrier with more on it than the stream in question, and everything about it that must not change. */
import { createHash, randomUUID } from 'node:crypto'
import { lstatSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type {
  OrderTarget,
  RestoreRequest,
  StripRequest,
} from '../../../../server/protocol/order.ts'
import { addon, scanAll } from '../../../support/native.ts'
import { readXattrs, setXattr } from '../../../support/xattrs.ts'
import type { Place } from './agent-fixture.ts'
import { setStreams } from './streams.ts'

export const MARK = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://example.com/setup.exe\r\n'

export function aCarrier(place: Place, name = 'setup.exe', content = MARK): string {
  const path = join(place.data, name)
  writeFileSync(path, `content of ${name}`)
  setStreams([
    { path, stream: 'Zone.Identifier', content },
    { path, stream: 'Other', content: 'stays' },
  ])
  setXattr(path, 'user.unrelated', 'stays too')
  utimesSync(path, 1_600_000_000, 1_500_000_000)
  return path
}

/** The carrier's bytes, times, mode and attributes. */
export function stateOf(path: string): Record<string, unknown> {
  const { mtimeNs, mode, ino, uid } = lstatSync(path, { bigint: true })
  const attributes = Object.entries(readXattrs(path)).map(([name, value]) => [
    name,
    value.toString('hex'),
  ])
  // Read after the attributes and not part of the state: reading moves the access time.
  const content = readFileSync(path, 'utf8')
  return { mtimeNs, mode, ino, uid, content, attributes: Object.fromEntries(attributes) }
}

export function withoutMark(state: Record<string, unknown>): Record<string, unknown> {
  const attributes = { ...(state.attributes as Record<string, string>) }
  delete attributes['user.DosStream.Zone.Identifier:$DATA']
  return { ...state, attributes }
}

/** An order's target for one stream as it is on the disk now. */
export async function aTarget(
  root: string,
  path: string,
  stream = 'Zone.Identifier',
): Promise<OrderTarget> {
  const { volumeId } = await addon.probe(root)
  const found = (await scanAll(root, { hash: true })).streams.find(
    (candidate) => candidate.path === path && candidate.name === stream,
  )
  if (!found) throw new Error(`no ${stream} on ${path}`)
  return {
    targetId: randomUUID(),
    volumeId,
    identity: found.identity,
    path,
    stream,
    sizeBytes: Number(found.size),
    sha256: found.sha256 ?? '',
  } as OrderTarget
}

export function aStrip(...targets: OrderTarget[]): StripRequest {
  return { orderId: randomUUID(), orderedBy: 'anna', reason: 'our own installer', targets } as never
}

/** Undoes a strip of `target`. */
export function aRestore(target: OrderTarget): RestoreRequest {
  const restored = { ...target, targetId: randomUUID(), strippedTargetId: target.targetId }
  return { ...aStrip(), targets: [restored] } as never
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
