/** `[path below the checkout, bytes, time of change in ms]` */
type Source = [string, number, number]

export const BUNDLE: string
export const SOURCES: string
export function freshScanBundle(sourcesFile?: string): string | null
export function describeSource(path: string): Source
