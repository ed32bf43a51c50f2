/** `sidestream central kept-content show|set`, over central's HTTP API. */
import type { KeptContent, KeptContentPolicy } from '../protocol/api/kept-content.ts'
import type { Environment } from './cli-context.ts'
import { badUsage } from './cli-error.ts'
import { counted, humanSize } from './human.ts'
import type { Terminal } from './terminal.ts'
import { asAdministrator, type TrustFlags } from './trust-commands.ts'

export interface KeptContentFlags extends TrustFlags {
  readonly streamBytes?: number
  readonly days?: number
  readonly totalBytes?: number
}

const ROUTE = '/orders/kept-content'

export function showKeptContent(
  flags: KeptContentFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return asAdministrator(flags, environment, terminal, async (client) =>
    keptText(await client.get<KeptContent>(ROUTE), flags),
  )
}

export function setKeptContent(
  flags: KeptContentFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const { streamBytes, days, totalBytes } = flags
  if (streamBytes === undefined && days === undefined && totalBytes === undefined) {
    throw badUsage('nothing to change: name --stream-bytes, --days or --total-bytes')
  }
  return asAdministrator(flags, environment, terminal, async (client) => {
    const { policy } = await client.get<KeptContent>(ROUTE)
    const wanted: KeptContentPolicy = {
      maxStreamBytes: streamBytes ?? policy.maxStreamBytes,
      maxDays: days ?? policy.maxDays,
      maxBytes: totalBytes ?? policy.maxBytes,
    }
    return keptText(await client.put<KeptContent>(ROUTE, wanted), flags)
  })
}

function keptText(kept: KeptContent, { format }: KeptContentFlags): string {
  if (format === 'json') return `${JSON.stringify(kept)}\n`
  const { policy, streams, bytes } = kept
  const { maxStreamBytes, maxDays, maxBytes } = policy
  const limits =
    maxStreamBytes === 0
      ? 'nothing; what is left is being forgotten'
      : `streams up to ${sizeOf(maxStreamBytes)}, for ${counted(maxDays, 'day')}, ${sizeOf(maxBytes)} in all`
  return `kept now    ${counted(streams, 'stream')}, ${sizeOf(bytes)}\nis to keep  ${limits}\n`
}

const sizeOf = (bytes: number): string => humanSize(BigInt(bytes))
