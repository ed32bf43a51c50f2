/** What administrators do about certificates, enrolment strings and machines that wait, over central's HTTP API. */
import type { CertificateStatus } from '../protocol/api/certificate.ts'
import type { Enrolment, EnrolmentList } from '../protocol/api/enrolments.ts'
import type { PendingApproved, PendingMachines } from '../protocol/api/machine-trust.ts'
import { displayName } from '../streams/display-name.ts'
import type { AccessFlags, CentralClient } from './central-client.ts'
import type { Environment } from './cli-context.ts'
import { ExitCode } from './exit-code.ts'
import { plainTable, renderPlain } from './plain-table.ts'
import type { Terminal } from './terminal.ts'
import { withCentral } from './with-central.ts'

export interface TrustFlags extends AccessFlags {
  readonly format?: 'table' | 'json'
}

export interface EnrolmentFlags extends TrustFlags {
  readonly uses: number
  readonly hours: number
  readonly label?: readonly string[]
  readonly approve?: true
  readonly takeBack?: true
}

export function showCertificate(
  flags: TrustFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return asAdministrator(flags, environment, terminal, async (client) =>
    certificateText(await client.get<CertificateStatus>('/certificate'), flags),
  )
}

export function changeCertificate(
  path: string,
  body: object,
  flags: TrustFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return asAdministrator(flags, environment, terminal, async (client) =>
    certificateText(await client.post<CertificateStatus>(path, body), flags),
  )
}

export function createEnrolment(
  flags: EnrolmentFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return asAdministrator(flags, environment, terminal, async (client) => {
    const made = await client.post<Enrolment>('/enrolments', {
      uses: flags.uses,
      validForSeconds: flags.hours * 3_600,
      labels: flags.label ?? [],
      approval: flags.approve ? 'pending' : 'automatic',
      takesBack: flags.takeBack === true,
    })
    return flags.format === 'json' ? `${JSON.stringify(made)}\n` : `${made.invitation}\n`
  })
}

export function listEnrolments(
  flags: TrustFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return asAdministrator(flags, environment, terminal, async (client) => {
    const list = await client.get<EnrolmentList>('/enrolments')
    if (flags.format === 'json') return `${JSON.stringify(list)}\n`
    const head = ['number', 'state', 'used', 'until', 'labels', 'approval', 'made by']
    return tableOf(
      head,
      list.enrolments.map((each) => [
        String(each.enrolmentNo),
        each.state,
        `${each.uses - each.usesLeft} of ${each.uses}`,
        each.expiresAt,
        each.labels.join(', '),
        each.approval,
        each.createdBy,
      ]),
    )
  })
}

export function revokeEnrolment(
  enrolmentNo: number,
  flags: TrustFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return asAdministrator(flags, environment, terminal, async (client) => {
    await client.delete(`/enrolments/${enrolmentNo}`)
    return `Nobody enrols with ${enrolmentNo} any more.\n`
  })
}

export function listPending(
  flags: TrustFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return asAdministrator(flags, environment, terminal, async (client) => {
    const list = await client.get<PendingMachines>('/machines/pending')
    if (flags.format === 'json') return `${JSON.stringify(list)}\n`
    const head = ['number', 'says it is', 'from', 'key (SHA-256)', 'asked last', 'looks like']
    return tableOf(
      head,
      list.pending.map((each) => [
        String(each.pendingNo),
        each.facts.hostname,
        each.remoteAddress,
        each.keyFingerprint,
        each.lastAskedAt,
        each.looksLike ?? '',
      ]),
    )
  })
}

export function approvePending(
  pendingNo: number,
  flags: TrustFlags & { readonly as?: string },
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return asAdministrator(flags, environment, terminal, async (client) => {
    const body = flags.as === undefined ? {} : { machineId: flags.as }
    const path = `/machines/pending/${pendingNo}/approve`
    const { machineId } = await client.post<PendingApproved>(path, body)
    return `Let in as machine ${machineId}.\n`
  })
}

export function denyPending(
  pendingNo: number,
  flags: TrustFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return asAdministrator(flags, environment, terminal, async (client) => {
    await client.order(`/machines/pending/${pendingNo}/deny`, {})
    return `${pendingNo} is not let in.\n`
  })
}

/** `work` says what to print. */
export async function asAdministrator(
  flags: TrustFlags,
  environment: Environment,
  terminal: Terminal,
  work: (client: CentralClient) => Promise<string>,
): Promise<number> {
  await terminal.write(await withCentral(flags, environment, terminal, work))
  return ExitCode.complete
}

function certificateText(status: CertificateStatus, { format }: TrustFlags): string {
  if (format === 'json') return `${JSON.stringify(status)}\n`
  const { kind, names, server, authority, next } = status
  if (kind === 'none') return 'Central speaks plain http on loopback.\n'
  const rows: [string, string][] = [
    ['names', names.join(', ')],
    ['server', server === null ? '' : `until ${server.validUntil}`],
    ['pin', authority === null ? '' : `${authority.pin} until ${authority.validUntil}`],
  ]
  if (next !== null) {
    rows.push(['next pin', `${next.pin} until ${next.validUntil}`])
    rows.push(['accepted by', `${next.pinning} of ${next.machines} machines in service`])
  }
  return rows.map(([label, value]) => `${label.padEnd(12)}${displayName(value)}\n`).join('')
}

function tableOf(head: string[], rows: string[][]): string {
  const table = plainTable({ head })
  for (const row of rows) table.push(row.map((cell) => displayName(cell)))
  return renderPlain(table)
}
