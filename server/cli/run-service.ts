/**
 * `sidestream agent run --service`: the agent under Windows' service manager, without a terminal. The agent
 * itself is loaded once the manager has its answer.
 */
import { runAsService, ServiceControl } from '../agent/service-host.ts'
import { ExitCode } from './exit-code.ts'
import { nativeAddon } from './native-addon.ts'
import { servicePlaces } from './places.ts'

/** The service's name, also in scripts/package/msi/product.ts, whose installer makes the service itself. */
export const WINDOWS_SERVICE = 'SidestreamAgent'

export interface ServiceFlags {
  readonly logLevel: string
}

const SERVICE_COMMAND = ['agent', 'run', '--service']

/** Whether these are the arguments that the service is installed with. */
export function isServiceRun(args: readonly string[]): boolean {
  return (
    args.length === SERVICE_COMMAND.length && SERVICE_COMMAND.every((word, at) => word === args[at])
  )
}

export async function runAgentService(
  { logLevel }: ServiceFlags,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const addon = nativeAddon()
  const control = new ServiceControl(addon, WINDOWS_SERVICE)
  const { openServiceLog, openServiceAgent } = await import('./service-agent.ts')
  const places = servicePlaces(environment)
  const log = openServiceLog(places, addon, logLevel)
  try {
    const open = () => openServiceAgent(places, addon, log.logger)
    await runAsService({ control, logger: log.logger, open })
  } finally {
    await log.close()
  }
  return ExitCode.complete
}
