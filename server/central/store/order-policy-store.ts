/** When orders need a second person, and up to where the audit log has what orders.sqlite has to tell. */
import type { Database } from 'better-sqlite3'
import type { OrderPolicy } from '../../protocol/api/order-policy.ts'

export interface OrderPolicyStore {
  /** Undefined: nobody has set one. */
  find(): OrderPolicy | undefined
  put(policy: OrderPolicy): void
  /** Number of the last audit event that was taken over; 0: none. */
  lastEventNo(): number
  setLastEventNo(eventNo: number): void
}

export function createOrderPolicyStore(db: Database): OrderPolicyStore {
  const select = db.prepare<[], { policy: string }>(
    'SELECT policy_json AS policy FROM order_policy',
  )
  const put = db.prepare<[string]>(`
    INSERT INTO order_policy VALUES (1, ?) ON CONFLICT (only_row) DO UPDATE SET policy_json = excluded.policy_json
  `)
  const selectLast = db.prepare<[], { no: number }>('SELECT last_event_no AS no FROM order_audit')
  const setLast = db.prepare<[number]>('UPDATE order_audit SET last_event_no = ?')
  return {
    find: () => {
      const row = select.get()
      return row === undefined ? undefined : (JSON.parse(row.policy) as OrderPolicy)
    },
    put: (policy) => void put.run(JSON.stringify(policy)),
    lastEventNo: () => selectLast.get()!.no,
    setLastEventNo: (eventNo) => void setLast.run(eventNo),
  }
}
