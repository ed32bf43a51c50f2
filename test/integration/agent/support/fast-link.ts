/** A person's patience is not a test's. */
export const FAST_LINK = {
  reconnectMinMs: 20,
  reconnectMaxMs: 100,
  refusedRetryMs: 400,
  stableMs: 60_000,
  scanPatienceMs: 200,
}
