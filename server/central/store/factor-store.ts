/** Second factors, their recovery codes, and the roles that need one. */
import type { Database } from 'better-sqlite3'
import type { Role } from '../../protocol/api/permission-table.ts'

export interface StoredFactor {
  secret: Buffer
  /** Null: no code has shown yet that the secret reached an app. */
  confirmedAt: number | null
  /** Of the newest code that was taken. */
  lastStep: number
}

export interface FactorStore {
  find(userNo: number): StoredFactor | undefined
  /** In place of one that there is. */
  put(userNo: number, secret: Buffer, now: number): void
  confirm(userNo: number, now: number): void
  setLastStep(userNo: number, step: number): void
  /** With its recovery codes. */
  remove(userNo: number): void
  addRecoveryCodes(userNo: number, codeHashes: readonly Buffer[]): void
  /** False: there is no such code, or not any more. */
  takeRecoveryCode(userNo: number, codeHash: Buffer): boolean
  countRecoveryCodes(userNo: number): number
  roles(): Role[]
  setRoles(roles: readonly Role[]): void
}

export function createFactorStore(db: Database): FactorStore {
  const select = db.prepare<[number], StoredFactor>(`
    SELECT secret, confirmed_at AS confirmedAt, last_step AS lastStep
    FROM second_factor WHERE user_no = ?
  `)
  const insert = db.prepare<[number, Buffer, number]>(
    'INSERT INTO second_factor (user_no, secret, created_at) VALUES (?, ?, ?)',
  )
  const confirm = db.prepare<[number, number]>(
    'UPDATE second_factor SET confirmed_at = ? WHERE user_no = ?',
  )
  const setLastStep = db.prepare<[number, number]>(
    'UPDATE second_factor SET last_step = ? WHERE user_no = ?',
  )
  const remove = db.prepare<[number]>('DELETE FROM second_factor WHERE user_no = ?')
  const insertCode = db.prepare<[Buffer, number]>(
    'INSERT INTO recovery_code (code_hash, user_no) VALUES (?, ?)',
  )
  const deleteCode = db.prepare<[Buffer, number]>(
    'DELETE FROM recovery_code WHERE code_hash = ? AND user_no = ?',
  )
  const countCodes = db.prepare<[number], { codes: number }>(
    'SELECT count(*) AS codes FROM recovery_code WHERE user_no = ?',
  )
  const selectRoles = db.prepare<[], { role: Role }>('SELECT role FROM role_needing_factor')
  const deleteRoles = db.prepare<[]>('DELETE FROM role_needing_factor')
  const insertRole = db.prepare<[Role]>('INSERT INTO role_needing_factor (role) VALUES (?)')
  return {
    find: (userNo) => select.get(userNo),
    put: (userNo, secret, now) => {
      remove.run(userNo)
      insert.run(userNo, secret, now)
    },
    confirm: (userNo, now) => void confirm.run(now, userNo),
    setLastStep: (userNo, step) => void setLastStep.run(step, userNo),
    remove: (userNo) => void remove.run(userNo),
    addRecoveryCodes: (userNo, codeHashes) => {
      for (const codeHash of codeHashes) insertCode.run(codeHash, userNo)
    },
    takeRecoveryCode: (userNo, codeHash) => deleteCode.run(codeHash, userNo).changes === 1,
    countRecoveryCodes: (userNo) => countCodes.get(userNo)!.codes,
    roles: () => selectRoles.all().map(({ role }) => role),
    setRoles: (roles) => {
      deleteRoles.run()
      for (const role of roles) insertRole.run(role)
    },
  }
}
