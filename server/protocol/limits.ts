/**
 * Limits on everything that crosses a wire. Count limits and byte limits are separate: a path alone may
 * have 32,767 UTF-16 units, so a frame is bounded by its bytes whatever the counts say.
 */

/** NTFS: longest path in UTF-16 units. */
export const MAX_PATH_UNITS = 32_767
/** NTFS: longest stream name in UTF-16 units. */
export const MAX_STREAM_NAME_UNITS = 255
/** A carrier may have at most 1,024 hard links on NTFS; more on Linux are cut, see `linkCount`. */
export const MAX_LINKS = 1_024
/** Deltas of one agent that may be under way. */
export const MAX_WINDOW = 16
/** Of a comparison of inventories: with a digest of 32 hex digits each, the answer stays below 160 KB. */
export const MAX_BUCKETS = 4_096
/** A hello has a few hundred bytes; until it is checked, a stranger gets no more of our memory. */
export const MAX_HELLO_BYTES = 64 * 1024
/** Upserts plus gone entries in one `inventory.delta`. */
export const MAX_DELTA_ENTRIES = 500
/** Uncompressed bytes of one frame, either way. Bounds what a lying zstd header can make us allocate. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024
/** Targets in one strip or restore request to an agent: bounds how long an agent is busy per answer. */
export const MAX_TARGETS_PER_REQUEST = 50
/** Bytes of stream content in one answer to a read. */
export const MAX_READ_BYTES = 1024 * 1024
/** Of a removed stream, that a receipt may bring along: nearly every Zone.Identifier is smaller. */
export const MAX_RETURNED_BYTES = 4_096
/** Unreadable places that a finished scan names; the count is always exact. */
export const MAX_UNREADABLE_SAMPLES = 100
/** Streams or files that one request names for an order; a query may find more. */
export const MAX_CHOSEN_TARGETS = 10_000
/** Targets of one order. */
export const MAX_ORDER_TARGETS = 5_000_000
