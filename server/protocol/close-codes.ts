/** Why a `/agent/v1` socket was closed, and whether the agent should try again with the same identity. */
export const CLOSE_CODES = {
  badFrame: { code: 4400, reason: 'a frame did not fit the protocol', isFinal: false },
  badSignature: {
    code: 4401,
    reason: 'the hello was not signed by this machine’s key',
    isFinal: true,
  },
  unknownMachine: { code: 4404, reason: 'this machine is not enrolled here', isFinal: true },
  helloTimeout: { code: 4408, reason: 'no hello came in time', isFinal: false },
  replaced: { code: 4409, reason: 'the same machine connected again', isFinal: false },
  cloned: {
    code: 4410,
    reason:
      'another machine with this key is connected: this one is a copy. Remove its identity.json and enrol it anew',
    isFinal: true,
  },
  retired: { code: 4411, reason: 'this machine is retired in the console', isFinal: true },
  unsupportedProtocol: { code: 4426, reason: 'no common protocol version', isFinal: true },
  serverError: {
    code: 4500,
    reason: 'central failed; nothing unacknowledged was kept',
    isFinal: false,
  },
  inventoryUnavailable: {
    code: 4503,
    reason: 'central cannot store anything now; nothing unacknowledged was kept',
    isFinal: false,
  },
} as const

export function isFinalClose(code: number): boolean {
  return Object.values(CLOSE_CODES).some((entry) => entry.code === code && entry.isFinal)
}
