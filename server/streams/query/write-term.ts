/** Values as a query writes them: exactly this value, wildcards and quotes in it taken literally. */

/** `value`, in quotes where it needs them. */
export function writeValue(value: string): string {
  const literal = value.replace(/[*?\\"]/g, '\\$&')
  return /^[\p{L}\p{N}._@$%+-]+$/u.test(value) ? value : `"${literal}"`
}

/** `field:value` that finds exactly this value. */
export function exactTerm(field: string, value: string): string {
  return `${field}:${writeValue(value)}`
}
