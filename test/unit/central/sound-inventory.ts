/** Fails unless every count and digest of an inventory file equals a recount. */
import SqliteDatabase from 'better-sqlite3'
import { expect } from 'vitest'
import { INVENTORY_CHECKS } from '../../../server/central/store/inventory/check-inventory.ts'

export function expectSound(file: string): void {
  const db = new SqliteDatabase(file, { readonly: true })
  try {
    for (const { what, faults } of INVENTORY_CHECKS)
      expect([what, [...faults(db)]]).toEqual([what, []])
  } finally {
    db.close()
  }
}
