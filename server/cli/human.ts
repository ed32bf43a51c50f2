/** Numbers and names as people read them in a terminal. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

/** `26 B`, `1.5 KiB`; three digits at most. */
export function humanSize(bytes: bigint): string {
  let value = Number(bytes)
  let unit = 0
  // 1023.95 would be shown as 1024.0.
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

export function humanCount(count: number | bigint): string {
  // Not toLocaleString(), which loads the tables of all languages first: 12 ms at the end of every scan.
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `1 stream`, `12 streams`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${humanCount(count)} ${count === 1 ? one : many}`
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

const ASCII = /^[ -~]*$/

/** Terminal columns of a text without control characters. East Asian letters and emoji take two. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

function characterWidth(character: string): number {
  if (/\p{M}/u.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

/** Cuts the middle out, because the start of a path says where and its end says what. */
export function shortenMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  const characters = [...text]
  const tailWidth = Math.ceil(((width - 1) * 2) / 3)
  const tail = takeWidth(characters.toReversed(), tailWidth).toReversed()
  const head = takeWidth(characters, Math.max(0, width - 1 - tailWidth))
  return `${head.join('')}…${tail.join('')}`
}

function takeWidth(characters: readonly string[], width: number): string[] {
  const taken: string[] = []
  let left = width
  for (const character of characters) {
    left -= characterWidth(character)
    if (left < 0) break
    taken.push(character)
  }
  return taken
}
