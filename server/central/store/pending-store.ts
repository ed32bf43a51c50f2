/** Machines that asked to be let in and are not. */
import type { Database } from 'better-sqlite3'
import type { MachineId } from '../../protocol/ids.ts'
import type { MachineFacts } from '../../protocol/link-frames.ts'
import { searchForm } from '../../streams/query/search-form.ts'

export interface PendingMachine {
  pendingNo: number
  publicKey: Buffer
  enrolmentNo: number | null
  facts: MachineFacts
  remoteAddress: string
  firstAskedAt: number
  lastAskedAt: number
  askCount: number
  state: 'waiting' | 'approved' | 'denied'
}

export interface PendingStore {
  findByKey(publicKey: Buffer): PendingMachine | undefined
  find(pendingNo: number): PendingMachine | undefined
  add(
    asking: Pick<PendingMachine, 'publicKey' | 'enrolmentNo' | 'facts' | 'remoteAddress'>,
    now: number,
  ): void
  asked(pendingNo: number, now: number): void
  /** Waiting, and asked since; the newest first. */
  list(since: number, limit: number): PendingMachine[]
  /** Waiting without a token, and asked since: of all, and of this address. */
  countStrangers(since: number, remoteAddress: string): { all: number; ofAddress: number }
  /** `machineId` null: denied. */
  decide(pendingNo: number, machineId: MachineId | null, decidedBy: string, now: number): void
}

type Named = Record<string, unknown>
type Row = Omit<PendingMachine, 'facts'> & { facts: string }

const SQL = `
  SELECT pending_no AS pendingNo, public_key AS publicKey, enrolment_no AS enrolmentNo, facts_json AS facts,
    remote_address AS remoteAddress, first_asked_at AS firstAskedAt, last_asked_at AS lastAskedAt,
    ask_count AS askCount,
    CASE WHEN decided_at IS NULL THEN 'waiting' WHEN machine_no IS NULL THEN 'denied' ELSE 'approved' END AS state
  FROM pending_machine`

export function createPendingStore(db: Database): PendingStore {
  const byKey = db.prepare<Named, Row>(`${SQL} WHERE public_key = @publicKey`)
  const byNo = db.prepare<Named, Row>(`${SQL} WHERE pending_no = @pendingNo`)
  const insert = db.prepare<Named>(`
    INSERT INTO pending_machine
      (public_key, enrolment_no, hostname, facts_json, remote_address, first_asked_at, last_asked_at)
    VALUES (@publicKey, @enrolmentNo, @hostname, @json, @remoteAddress, @now, @now)
  `)
  const asked = db.prepare<Named>(`
    UPDATE pending_machine SET last_asked_at = @now, ask_count = ask_count + 1
    WHERE pending_no = @pendingNo
  `)
  const waiting = db.prepare<Named, Row>(`
    ${SQL} WHERE decided_at IS NULL AND last_asked_at > @since
    ORDER BY first_asked_at DESC, pending_no DESC LIMIT @limit
  `)
  const count = db.prepare<Named, { all: number; ofAddress: number }>(`
    SELECT count(*) AS "all", ifnull(sum(remote_address = @remoteAddress), 0) AS ofAddress
    FROM pending_machine
    WHERE decided_at IS NULL AND last_asked_at > @since AND enrolment_no IS NULL
  `)
  const decide = db.prepare<Named>(`
    UPDATE pending_machine SET decided_at = @now, decided_by = @decidedBy,
      machine_no = (SELECT m.machine_no FROM machine AS m WHERE m.machine_id = @machineId)
    WHERE pending_no = @pendingNo
  `)
  return {
    findByKey: (publicKey) => fromRow(byKey.get({ publicKey })),
    find: (pendingNo) => fromRow(byNo.get({ pendingNo })),
    add: ({ facts, ...asking }, now) => {
      const hostname = searchForm(facts.hostname)
      insert.run({ ...asking, hostname, json: JSON.stringify(facts), now })
    },
    asked: (pendingNo, now) => void asked.run({ pendingNo, now }),
    list: (since, limit) => waiting.all({ since, limit }).map((row) => fromRow(row)!),
    countStrangers: (since, remoteAddress) => count.get({ since, remoteAddress })!,
    decide: (pendingNo, machineId, decidedBy, now) =>
      void decide.run({ pendingNo, machineId, decidedBy, now }),
  }
}

function fromRow(row: Row | undefined): PendingMachine | undefined {
  return row === undefined ? undefined : { ...row, facts: JSON.parse(row.facts) as MachineFacts }
}
