/** `sidestream central`: runs the server until it is asked to stop. */
import { resolve } from 'node:path'
import { startCentral, type TlsChoice } from '../central/start-central.ts'
import { systemClock } from '../shared/clock.ts'
import { createLogger } from '../shared/logger.ts'
import { badUsage, CliError } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import type { Terminal } from './terminal.ts'
import { untilInterrupted } from './until-interrupted.ts'

export interface CentralFlags {
  readonly data: string
  readonly host: string
  readonly port: number
  readonly console?: string
  readonly scanEvery: number
  readonly keepGoneDays?: number
  readonly directory?: string
  readonly openid?: string
  /** False: --no-tls. */
  readonly tls?: boolean
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly name?: readonly string[]
  readonly logLevel: string
}

export async function runCentral(
  flags: CentralFlags,
  adminPassword: string | undefined,
  terminal: Terminal,
): Promise<number> {
  const { data: dataDir, host, port } = flags
  const central = await startCentral({
    dataDir,
    host,
    port,
    adminPassword,
    consoleDir: flags.console,
    logger: createLogger('central', flags.logLevel),
    clock: systemClock,
    scanEverySeconds: flags.scanEvery,
    tls: tlsChoice(flags),
    names: flags.name,
    keepGoneDays: flags.keepGoneDays,
    directoryFile: flags.directory,
    openIdFile: flags.openid,
  }).catch((error: unknown) => {
    throw startError(error, flags)
  })
  try {
    await terminal.write(`Sidestream central: ${central.url}\n`)
    for (const pin of central.pins) await terminal.write(`Pin: ${pin}\n`)
    // Shown once, here: only its hash is kept.
    if (central.firstPassword !== null) {
      await terminal.write(`First login: admin / ${central.firstPassword}\n`)
    }
    await untilInterrupted(terminal)
  } finally {
    await central.close()
  }
  return ExitCode.complete
}

function tlsChoice({ tls, tlsCert, tlsKey }: CentralFlags): TlsChoice {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw badUsage('--tls-cert and --tls-key go together')
  }
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return { certFile: resolve(tlsCert), keyFile: resolve(tlsKey) }
  }
  if (tls === undefined) return 'auto'
  return tls ? 'own' : 'off'
}

function startError(error: unknown, { host, port }: CentralFlags): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') {
    const message = `port ${port} of ${host} is taken by another program; choose one with --port`
    return new CliError('PORT_IN_USE', message, { cause: error })
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    const message = `cannot listen on port ${port} of ${host}; choose others with --host and --port`
    return new CliError('CANNOT_LISTEN', message, { cause: error })
  }
  return error
}
