/** What both sides of the matrix of actions know: Linux and the process on Windows. */

/** In the order in which they are carried out. */
export const ACTIONS = ['strip', 'reduce', 'mark', 'restore'] as const
export type Action = (typeof ACTIONS)[number]

/** Of a mark. */
export const ORIGIN = { zoneId: 3, hostUrl: 'https://example.com/setup.exe' }

/**
 * `denied`: on a volume that lets nobody write. The others: another program on Windows has the stream, or the carrier,
 * until the order is done.
 */
export type Hold = 'denied' | 'read' | 'written' | 'locked' | 'carrier read'
