/** `sidestream order preview`: freezes what an order would name. */
import { readFileSync } from 'node:fs'
import type { OrderPreview } from '../protocol/api/order-previews.ts'
import type { PreviewRequest } from '../protocol/api/preview-requests.ts'
import type { Environment } from './cli-context.ts'
import { badUsage, CliError } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import type { PreviewFlags } from './fleet-order-flags.ts'
import { writeTargets } from './fleet-order-listing.ts'
import { PREVIEW_COLUMNS, previewText } from './fleet-order-text.ts'
import { counted } from './human.ts'
import { pointingAt } from './query-fault.ts'
import { rowsText } from './row-listing.ts'
import type { Terminal } from './terminal.ts'
import { withCentral } from './with-central.ts'

/** How long one answer may wait for the counting. */
const WAIT_MS = 10_000

export async function runOrderPreview(
  query: string | undefined,
  flags: PreviewFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const request = previewRequest(query, flags)
  return withCentral(flags, environment, terminal, async (client) => {
    const asked = client.post<OrderPreview>(`/orders/previews?waitMs=${WAIT_MS}`, request)
    let preview = await pointingAt(query ?? '', asked)
    while (preview.state === 'counting') {
      terminal.note(`counting: ${counted(preview.counted, 'target')} so far`)
      preview = await client.get<OrderPreview>(
        `/orders/previews/${preview.previewId}?waitMs=${WAIT_MS}`,
      )
    }
    if (preview.state === 'failed') throw new CliError('PREVIEW_FAILED', preview.error)
    if (flags.targets)
      await writeTargets(client, `/orders/previews/${preview.previewId}`, {}, flags, terminal)
    else if (flags.format === 'table') await terminal.write(previewText(preview))
    else await terminal.write(rowsText([preview], PREVIEW_COLUMNS, flags.format))
    return ExitCode.complete
  })
}

function previewRequest(query: string | undefined, flags: PreviewFlags): PreviewRequest {
  const { action, streams, files, doneOf, zone } = flags
  const named = [query, streams, files, doneOf].filter((each) => each !== undefined)
  if (named.length !== 1) {
    throw badUsage('name what is meant by one of: a query, --streams, --files, --done-of')
  }
  if (action === 'mark') {
    const selection =
      doneOf !== undefined ? { doneOf } : files === undefined ? null : readFiles(files)
    if (selection === null) throw badUsage('a mark names files: --files FILE or --done-of ORDER')
    if (zone === undefined) throw badUsage('a mark needs its --zone')
    const { hostUrl, referrerUrl } = flags
    const origin = {
      zoneId: zone,
      ...(hostUrl === undefined ? {} : { hostUrl }),
      ...(referrerUrl === undefined ? {} : { referrerUrl }),
    }
    return { action, selection, origin } as PreviewRequest
  }
  if (query !== undefined) return { action, selection: { query } }
  if (streams !== undefined) return { action, selection: { streamIds: [...streams] } }
  throw badUsage(`${action} names streams: a query, or --streams`)
}

/** NDJSON as `order show --targets` or `search` write it; central checks what is in it. */
function readFiles(file: string): object {
  try {
    const lines = readFileSync(file === '-' ? 0 : file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
    const files = lines.map((line) => {
      const { machineId, volumeId, identity, path } = JSON.parse(line) as Record<string, unknown>
      return { machineId, volumeId, identity, path }
    })
    return { files }
  } catch (cause) {
    throw badUsage(`${file} is no NDJSON of files: ${(cause as Error).message}`)
  }
}
