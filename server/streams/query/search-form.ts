/**
 * Text as queries compare it. Unpaired surrogates have no UTF-8 form, and SQLite's LIKE stops at a NUL: both
 * become U+FFFD, on every side that evaluates a query, so that all of them agree.
 */
export function searchForm(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}
