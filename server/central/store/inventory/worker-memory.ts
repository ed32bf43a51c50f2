/**
 * Space for what lives shortly, of each thread that takes deltas in. A delta of thousands of values lives until it is
 * committed: in the space that a process has by default all of it is copied several times until then.
 */
export const YOUNG_GENERATION_MB = 48
