/** `sidestream query QUERY`: asks the agents of the fleet what is on their disks now. */
import type { LiveLine, LiveQuestion } from '../protocol/api/live-queries.ts'
import type { MachineSelector } from '../protocol/api/machine-selector.ts'
import type { Machine } from '../protocol/api/machines.ts'
import { globMatcher } from '../shared/glob.ts'
import { displayName } from '../streams/display-name.ts'
import type { AccessFlags, CentralClient } from './central-client.ts'
import type { Environment } from './cli-context.ts'
import { badUsage } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import { fleetListing } from './fleet-listing.ts'
import { counted } from './human.ts'
import type { ListingFormat } from './listing-format.ts'
import { pointingAt } from './query-fault.ts'
import type { Terminal } from './terminal.ts'
import { withCentral } from './with-central.ts'

export interface QueryFlags extends AccessFlags {
  readonly format: ListingFormat
  readonly paths?: string[]
  readonly machines?: string[]
  readonly hash?: true
  readonly timeLimit: number
  readonly rows: number
  readonly wait: number
  readonly verbose?: true
}

export async function runQuery(
  query: string,
  flags: QueryFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return withCentral(flags, environment, terminal, (client) => ask(query, flags, client, terminal))
}

async function ask(
  query: string,
  flags: QueryFlags,
  client: CentralClient,
  terminal: Terminal,
): Promise<number> {
  let open: LiveQuestion | null = null
  try {
    const listing = await fleetListing(flags.format, terminal)
    const asked = client.post<LiveQuestion>('/live-queries', {
      query,
      paths: flags.paths ?? [],
      machines: await selectorOf(client, flags.machines),
      withHash: flags.hash === true,
      limits: { timeMs: flags.timeLimit * 1_000, rows: flags.rows },
      waitForOfflineSeconds: flags.wait,
    })
    const question = await pointingAt(query, asked)
    open = question
    const stream = `/live-queries/${question.questionId}/stream`
    for await (const line of client.lines<LiveLine>(stream)) {
      if (line.type === 'row') await terminal.write(listing.add([line.row]))
      else if (line.type === 'answer') noteAnswer(line.answer, terminal)
      else open = null
      if (line.type === 'finished') {
        await terminal.write(listing.end())
        return summary(line.question, terminal)
      }
    }
    throw new Error('central ended its answer early')
  } finally {
    // Nobody reads the answers any more.
    if (open !== null) await client.postAnyway(`/live-queries/${open.questionId}/cancel`, {})
  }
}

type Answer = Extract<LiveLine, { type: 'answer' }>['answer']

/** What an answer leaves open is said at once, on standard error. */
function noteAnswer(answer: Answer, terminal: Terminal): void {
  const host = displayName(answer.hostname)
  if (answer.state !== 'answered') {
    terminal.note(`${host}: ${answer.state}: ${displayName(answer.reason)}`)
    return
  }
  if (answer.stopped !== null) terminal.note(`${host}: cut short by its limit of ${answer.stopped}`)
  if (answer.unreadableCount > 0) {
    terminal.note(`${host}: ${counted(answer.unreadableCount, 'unreadable place')}`)
  }
  for (const { path, state, message } of answer.places) {
    if (state === 'read' || state === 'cut-short') continue
    terminal.note(`${host}: ${displayName(path)}: ${state} ${displayName(message)}`.trimEnd())
  }
}

function summary(question: LiveQuestion, terminal: Terminal): number {
  const { counts, machineCount, rowCount, incompleteCount } = question
  const answered = counts.answered ?? 0
  const others = Object.entries(counts)
    .filter(([state]) => state !== 'answered')
    .map(([state, count]) => `, ${count} ${state}`)
  const incomplete = incompleteCount === 0 ? '' : `, ${incompleteCount} of them incomplete`
  terminal.note(
    `found ${counted(rowCount, 'stream')}: ${answered} of ${counted(machineCount, 'machine')} answered${incomplete}${others.join('')}`,
  )
  const isWhole = answered === machineCount && incompleteCount === 0
  return isWhole ? ExitCode.complete : ExitCode.someUnreadable
}

/** Host names with wildcards, machine ids, or `label:NAME`; a machine that fits one of them is meant. */
async function selectorOf(
  client: CentralClient,
  wanted: readonly string[] | undefined,
): Promise<MachineSelector> {
  if (wanted === undefined) return { isAll: true }
  const tests = wanted.map(machineTest)
  const machineIds: Machine['machineId'][] = []
  for await (const machine of client.lines<Machine>('/machines/export?format=ndjson')) {
    if (tests.some((fits) => fits(machine))) machineIds.push(machine.machineId)
  }
  if (machineIds.length === 0) throw badUsage(`no machine fits ${wanted.join(' ')}`)
  return { machineIds }
}

function machineTest(wanted: string): (machine: Machine) => boolean {
  const label = /^label:(.+)$/i.exec(wanted)?.[1]?.toLowerCase()
  if (label !== undefined) {
    return ({ labels }) => labels.some((one) => one.toLowerCase() === label)
  }
  const fits = globMatcher(wanted)
  return ({ machineId, hostname }) => machineId === wanted || fits(hostname)
}
