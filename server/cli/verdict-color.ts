import { styleText } from 'node:util'
import type { VerdictName } from '../protocol/stream.ts'

const COLORS = {
  mark: 'yellow',
  harmless: 'green',
  keep: 'cyan',
  suspicious: 'red',
  unknown: 'magenta',
} as const satisfies Record<VerdictName, Parameters<typeof styleText>[0]>

/** The verdict's word, coloured. */
export function colorVerdict(verdict: VerdictName): string {
  // Whether there is a terminal was asked before; styleText would ask about another stream.
  return styleText(COLORS[verdict], verdict, { validateStream: false })
}
