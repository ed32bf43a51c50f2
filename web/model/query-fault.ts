/** What a 400 QUERY_INVALID says about the text of a query. */

export interface QueryFault {
  readonly message: string
  readonly position: number
  readonly length: number
}

/** Always within the text and never empty, whatever the answer says: at the end it marks one blank. */
export function faultOf(message: string, errorDetails: unknown, text: string): QueryFault {
  const details = (errorDetails ?? {}) as { position?: unknown; length?: unknown }
  const position = Math.min(text.length, Math.max(0, Number(details.position) || 0))
  const room = Math.max(1, text.length - position)
  return { message, position, length: Math.min(room, Math.max(1, Number(details.length) || 0)) }
}

export function markedAt(
  text: string,
  { position, length }: QueryFault,
): { before: string; fault: string; after: string } {
  return {
    before: text.slice(0, position),
    // The mark of an error after the last character needs something to be drawn under.
    fault: text.slice(position, position + length) || '\u00a0',
    after: text.slice(position + length),
  }
}
