/**
 * The protocol version this build speaks. One number that only goes up: raise it when a frame gains,
 * loses or changes the meaning of anything, and say here what is new.
 *
 * - 1: 2026-11-22: `challenge`, `hello`, `welcome`, `inventory.delta`, `inventory.ack`, `scan.progress`,
 *   `scan.finished`, `request`, `response`.
 */
export const PROTOCOL_VERSION = 1

/** The oldest version that central still understands. */
export const OLDEST_PROTOCOL_VERSION = 1
