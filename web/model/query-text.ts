/**
 * Refining the text of a query without understanding it: terms side by side mean AND, so a refinement is
 * one term more. The language itself is in server/streams/query.
 */

/** Splits at blanks outside quotes and parentheses. An unclosed one swallows the rest. */
export function topLevelTerms(query: string): string[] {
  const terms: string[] = []
  let term = ''
  let depth = 0
  let isQuoted = false
  for (let i = 0; i < query.length; i++) {
    const char = query[i] ?? ''
    if (char === '\\') {
      term += char + (query[i + 1] ?? '')
      i += 1
      continue
    }
    if (char === '"') isQuoted = !isQuoted
    else if (!isQuoted && char === '(') depth += 1
    else if (!isQuoted && char === ')') depth -= 1
    if (/\s/.test(char) && !isQuoted && depth <= 0) {
      if (term !== '') terms.push(term)
      term = ''
    } else term += char
  }
  if (term !== '') terms.push(term)
  return terms
}

/** Whether the query says this term at its top level, so that everything found meets it. */
export function hasTerm(query: string, term: string): boolean {
  const terms = topLevelTerms(query)
  return !terms.includes('OR') && terms.includes(term)
}

/** Adds the term, or takes it out where it stands; `-term` and `term` replace each other. */
export function toggledTerm(query: string, term: string): string {
  const terms = topLevelTerms(query)
  if (terms.includes('OR')) return `(${query.trim()}) ${term}`
  const opposite = term.startsWith('-') ? term.slice(1) : `-${term}`
  // AND between terms says nothing that standing side by side does not.
  const kept = terms.filter((other) => other !== term && other !== opposite && other !== 'AND')
  if (!terms.includes(term)) kept.push(term)
  return kept.join(' ')
}

/** The address of a search. */
export function streamsUrl(query: string, withGone = false): string {
  const parameters = new URLSearchParams()
  if (query !== '') parameters.set('q', query)
  if (withGone) parameters.set('gone', 'true')
  const text = parameters.toString()
  return text === '' ? '/streams' : `/streams?${text}`
}
