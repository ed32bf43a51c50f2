/** An agent that runs from now on, and enrols by itself where its installation asked for that. */
import { enrolWhenPossible, readPendingEnrolment } from './pending-enrolment.ts'
import { type AgentOptions, type RunningAgent, startAgent } from './start-agent.ts'

export interface KeptAgent {
  close(): Promise<void>
}

/** Fails where the agent cannot start now. Unenrolled it scans and answers people on this machine. */
export async function keepAgent(options: AgentOptions): Promise<KeptAgent> {
  const stop = new AbortController()
  let agent: RunningAgent = await startAgent(options)
  const pending = readPendingEnrolment(options.stateDir)
  const enrolling = pending === null ? Promise.resolve() : enrol()
  return {
    close: async () => {
      stop.abort()
      await enrolling
      await agent.close()
    },
  }

  async function enrol(): Promise<void> {
    const { stateDir, logger } = options
    const isDone = await enrolWhenPossible(stateDir, pending!, logger, stop.signal)
    if (!isDone || stop.signal.aborted) return
    // What it knows of the disk is in its state and stays.
    await agent.close()
    agent = await startAgent(options)
  }
}
