/** Where a key takes the active row of a grid; null for a key that does not move it. */
export function movedIndex(
  key: string,
  active: number,
  count: number,
  pageRows: number,
): number | null {
  if (count === 0) return null
  const last = count - 1
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, active + 1)
    case 'ArrowUp':
      return Math.max(0, active - 1)
    case 'PageDown':
      return Math.min(last, Math.max(0, active) + pageRows)
    case 'PageUp':
      return Math.max(0, active - pageRows)
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return null
  }
}
