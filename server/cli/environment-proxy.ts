import type { AgentOptions } from '../agent/start-agent.ts'

/** As curl reads it: HTTPS_PROXY, and NO_PROXY for the hosts that are reached without. */
export function environmentProxy(
  environment: Readonly<Record<string, string | undefined>>,
): AgentOptions['proxy'] {
  const url = environment.HTTPS_PROXY || environment.https_proxy
  if (!url) return undefined
  const except = (environment.NO_PROXY || environment.no_proxy || '').split(/[\s,]+/)
  return { url, except: except.filter((host) => host !== '') }
}
