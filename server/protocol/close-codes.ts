/**
 * Why a `/agent/v1` socket was closed. `retryAfterSeconds` is when the agent should try again, if no `goodbye`
 * said otherwise; each agent adds a random part. Null: with the same identity it will end the same way until a
 * person has acted, so the agent says so and tries rarely. Codes that are not here: as soon as its back-off says.
 */
export const CLOSE_CODES = {
  badFrame: { code: 4400, reason: 'a frame did not fit the protocol', retryAfterSeconds: 30 },
  badSignature: {
    code: 4401,
    reason: 'the hello was not signed by this machine’s key',
    retryAfterSeconds: null,
  },
  unknownMachine: {
    code: 4404,
    reason: 'this machine is not enrolled here',
    retryAfterSeconds: null,
  },
  helloTimeout: { code: 4408, reason: 'no hello came in time', retryAfterSeconds: 5 },
  // Two of them, cloned with their identity, would take the place from each other for ever.
  replaced: { code: 4409, reason: 'the same machine connected again', retryAfterSeconds: 60 },
  cloned: {
    code: 4410,
    reason:
      'another machine with this key is connected: this one is a copy. Remove its identity.json and enrol it anew',
    retryAfterSeconds: null,
  },
  retired: {
    code: 4411,
    reason: 'this machine is retired in the console',
    retryAfterSeconds: null,
  },
  revoked: {
    code: 4412,
    reason: 'the key of this machine is revoked: enrol it anew, and it is the same machine again',
    retryAfterSeconds: null,
  },
  relayed: {
    code: 4413,
    reason:
      'the hello was made for another connection: something between this machine and central reads along',
    retryAfterSeconds: null,
  },
  unsupportedProtocol: {
    code: 4426,
    reason: 'no common protocol version',
    retryAfterSeconds: null,
  },
  unreadAnswers: { code: 4429, reason: 'the agent does not read', retryAfterSeconds: 60 },
  serverError: {
    code: 4500,
    reason: 'central failed; nothing unacknowledged was kept',
    retryAfterSeconds: 15,
  },
  inventoryUnavailable: {
    code: 4503,
    reason: 'central cannot store anything now; nothing unacknowledged was kept',
    retryAfterSeconds: 15,
  },
} as const

export type CloseName = keyof typeof CLOSE_CODES

export function closeNameOf(code: number): CloseName | undefined {
  return (Object.keys(CLOSE_CODES) as CloseName[]).find((name) => CLOSE_CODES[name].code === code)
}

/** Null: final. Undefined: no code of ours. */
export function retryAfterClose(code: number): number | null | undefined {
  return Object.values(CLOSE_CODES).find((entry) => entry.code === code)?.retryAfterSeconds
}
