/**
 * The protocol version this build speaks. One number that only goes up: raise it when a frame gains,
 * loses or changes the meaning of anything, and say here what is new.
 *
 * - 1: 2026-11-22: `challenge`, `hello`, `welcome`, `inventory.delta`, `inventory.ack`, `scan.progress`,
 *   `scan.finished`, `request`, `response`.
 * - 2: 2026-11-22: an agent's deltas are counted within an `epoch`; `welcome` says up to where central has them
 *   (`resume`), so that a lost acknowledgement costs nothing. `inventory.compare`, `inventory.buckets` and
 *   `resync.buckets`: where two inventories differ, only what differs is sent again. A `window` in `welcome`,
 *   `inventory.ack` and `inventory.window` bounds what is under way; an acknowledgement is for all before it, too.
 *   `isScanDue`, `scanAfterSeconds`: scans of a fleet take turns. `pingEveryMs`: only agents ping. `goodbye` says
 *   when to come back. Binary frames to central begin with their kind; deltas are always binary.
 * - 3: 2026-11-22: a hello is bound to the TLS session (`binding`) and may bring the machine's next key (`nextKey`). The
 *   agent's routes `POST /v1/identity/pins` and `/v1/identity/rotate-key` (agent-api.ts).
 * - 4: 2026-11-23: receipts may bring the bytes of small streams along (`returnUpToBytes`, `contentBase64`), a restore may
 *   bring them back (`copy`), and `POST /v1/quarantine/missing` says for which targets that is needed (order.ts,
 *   quarantine.ts). The agent's route `POST /v1/attachment-policies`: policies of the users who are signed in.
 * - 5: 2026-11-23: what was sent of an order that is over is asked for with `onlyIfBegun` (order.ts).
 */
export const PROTOCOL_VERSION = 5

/** The oldest version that central still serves. An agent speaks the newest only: update central first. */
export const OLDEST_PROTOCOL_VERSION = 1
