/** What the process says to its caller (contract: design, section 5). */
export const ExitCode = {
  complete: 0,
  failed: 1,
  badUsage: 2,
  /** Everything was done, but some places could not be looked at: they are unknown, not clean. */
  someUnreadable: 3,
} as const

/** 128 and the signal's number, as a shell reports a program that the signal ended. */
export const SIGNAL_EXIT_CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGPIPE: 141,
}
