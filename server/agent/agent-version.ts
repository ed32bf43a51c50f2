import { createRequire } from 'node:module'

/** The version of this build. */
export const AGENT_VERSION = (
  createRequire(import.meta.url)('../../package.json') as { version: string }
).version
