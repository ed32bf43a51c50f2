/** `sidestream audit export|verify|head`. Checking needs no central: the records and their hashes are all there is. */
import { once } from 'node:events'
import { createWriteStream, unlinkSync } from 'node:fs'
import { auditOfFolder } from '../central/care.ts'
import type { AuditHead } from '../protocol/api/audit.ts'
import { type AuditCheck, checkAuditChain, type Records } from '../shared/audit-chain.ts'
import { auditOfFile } from './audit-file.ts'
import type { AccessFlags } from './central-client.ts'
import type { Environment } from './cli-context.ts'
import { badUsage, CliError } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import { counted } from './human.ts'
import type { Terminal } from './terminal.ts'
import { withCentral } from './with-central.ts'

export interface AuditExportFlags extends AccessFlags {
  readonly verbose?: true
}
export interface AuditPlaceFlags {
  readonly data?: string
}
export interface AuditVerifyFlags extends AuditPlaceFlags {
  readonly head?: string
  readonly format: 'text' | 'json'
}

export async function runAuditExport(
  file: string,
  flags: AuditExportFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  await withCentral(flags, environment, terminal, (client) =>
    writeNew(file, client.text('/audit/export')),
  )
  const check = checkAuditChain(() => auditOfFile(file))
  if (check.fault !== null) {
    throw new CliError(
      'AUDIT_BROKEN',
      `${file} is written, but its chain is broken: ${check.fault.message}`,
    )
  }
  await terminal.write(
    `Exported ${counted(check.count, 'record')} to ${file}.\nHead ${check.head}: keep it where nobody of central can write, for \`sidestream audit verify ${file} --head\`.\n`,
  )
  return ExitCode.complete
}

/** Never over another file: that may be the older evidence. What could not be written whole is taken away. */
async function writeNew(file: string, chunks: AsyncIterable<string>): Promise<void> {
  const output = createWriteStream(file, { flags: 'wx', mode: 0o600 })
  await once(output, 'open').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EEXIST') throw badUsage(`${file} exists; name a file that does not`)
    throw new CliError('CANNOT_WRITE', `${file}: ${cause.message}`, { cause })
  })
  try {
    for await (const chunk of chunks) {
      if (!output.write(chunk)) await once(output, 'drain')
    }
    output.end()
    await once(output, 'finish')
  } catch (error) {
    output.destroy()
    unlinkSync(file)
    throw error
  }
}

export async function runAuditVerify(
  file: string | undefined,
  flags: AuditVerifyFlags,
  terminal: Terminal,
): Promise<number> {
  const { head } = flags
  if (head !== undefined && !/^[0-9a-f]{64}$/.test(head)) {
    throw badUsage('--head takes the 64 hex digits that `sidestream audit head` prints')
  }
  const check = checkAuditChain(placeOf(file, flags), head)
  await terminal.write(flags.format === 'json' ? `${JSON.stringify(check)}\n` : asText(check))
  return check.fault === null ? ExitCode.complete : ExitCode.failed
}

export async function runAuditHead(
  file: string | undefined,
  flags: AuditPlaceFlags & AuditExportFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const isOffline = file !== undefined || flags.data !== undefined
  const { auditId, hash } = isOffline
    ? headOf(checkAuditChain(placeOf(file, flags)))
    : await withCentral(flags, environment, terminal, (client) =>
        client.get<AuditHead>('/audit/head'),
      )
  await terminal.write(`${auditId} ${hash}\n`)
  return ExitCode.complete
}

function headOf({ count, head, fault }: AuditCheck): AuditHead {
  if (fault === null) return { auditId: count, hash: head }
  throw new CliError('AUDIT_BROKEN', `the chain is broken: ${fault.message}`)
}

function placeOf(file: string | undefined, { data }: AuditPlaceFlags): Records {
  if (file !== undefined && data === undefined) return () => auditOfFile(file)
  if (data !== undefined && file === undefined) return () => auditOfFolder(data)
  throw badUsage(
    'what is to be checked? name a file from `sidestream audit export`, or --data FOLDER',
  )
}

function asText({ count, head, sinceHead, fault }: AuditCheck): string {
  if (fault !== null) {
    return `broken: record ${fault.auditId}: ${fault.how}: ${fault.message}\n`
  }
  const grown =
    sinceHead === null ? '' : `, ${counted(sinceHead, 'record')} after the expected head`
  const hint =
    sinceHead === null
      ? 'Whether records are missing at the end, only --head with a head kept elsewhere can say.\n'
      : ''
  return `intact: ${counted(count, 'record')}, head ${head}${grown}\n${hint}`
}
