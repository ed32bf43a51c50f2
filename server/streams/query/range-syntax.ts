/** The forms that a number or a time may take: `3`, `>=3`, `1..2`, `1..`, `[1 TO 2]`, `[1 TO *]`. */

export type RangeSyntax =
  | { readonly form: 'compare'; readonly operator: Operator; readonly operand: string }
  /** Both ends belong to it; null: open. */
  | { readonly form: 'range'; readonly low: string | null; readonly high: string | null }

export type Operator = '=' | '<' | '<=' | '>' | '>='

export function readRangeSyntax(value: string): RangeSyntax | null {
  const brackets = /^\[\s*(\S+)\s+TO\s+(\S+)\s*\]$/i.exec(value)
  if (brackets !== null) return range(brackets[1]!, brackets[2]!)
  const dots = /^([^<>=[\]]*?)\.\.([^<>=[\]]*)$/.exec(value)
  if (dots !== null) return range(dots[1]!, dots[2]!)
  const compare = /^(<=|>=|<|>|=)?\s*([^<>=[\]\s]+)$/.exec(value)
  if (compare === null) return null
  return {
    form: 'compare',
    operator: (compare[1] ?? '=') as Operator,
    operand: compare[2]!,
  }
}

function range(low: string, high: string): RangeSyntax | null {
  const end = (text: string) => (text === '' || text === '*' ? null : text)
  // `..` alone would be every stream, written by mistake.
  if (end(low) === null && end(high) === null) return null
  return { form: 'range', low: end(low), high: end(high) }
}
