/** What every command does that asks a central. */
import { type AccessFlags, accessFrom, CentralClient } from './central-client.ts'
import type { Environment } from './cli-context.ts'
import type { Terminal } from './terminal.ts'

/** Signed in for as long as `work` takes. */
export async function withCentral<Result>(
  flags: AccessFlags,
  environment: Environment,
  terminal: Terminal,
  work: (client: CentralClient) => Promise<Result>,
): Promise<Result> {
  const client = await CentralClient.signIn(accessFrom(flags, environment), terminal.signal)
  try {
    return await work(client)
  } finally {
    await client.signOut()
  }
}
