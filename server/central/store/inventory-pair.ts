/**
 * central.sqlite, inventory.sqlite and orders.sqlite belong together: orders name streams by the numbers of this very
 * inventory, and it knows machines by the numbers of this very central. A file of another set would make them name others.
 */
import { existsSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { AppError } from '../../shared/app-error.ts'
import { openToRead } from './inventory/open-inventory.ts'
import { openOrders } from './orders/open-orders.ts'

/** Before the engine makes a new file where one is missing. */
export function checkInventoryIsThere(central: Database, inventoryFile: string): void {
  if (pairedWith(central) === undefined || existsSync(inventoryFile)) return
  throw mismatch(`${inventoryFile} is missing, and central.sqlite belongs to one`)
}

/** Takes a new inventory as this central's own; refuses one that belongs to another. */
export function pairWithInventory(central: Database, inventoryFile: string): void {
  const inventory = openToRead(inventoryFile)
  try {
    const { inventoryId } = inventory
      .prepare<[], { inventoryId: string }>('SELECT inventory_id AS inventoryId FROM engine')
      .get()!
    const paired = pairedWith(central)
    if (paired === inventoryId) return
    if (paired !== undefined) throw mismatch('central.sqlite and inventory.sqlite are of two pairs')
    refuseStrangers(central, inventory)
    central.prepare('INSERT INTO inventory (inventory_id) VALUES (?)').run(inventoryId)
  } finally {
    inventory.close()
  }
}

/** An inventory whose central.sqlite was lost knows machines that this one does not. */
function refuseStrangers(central: Database, inventory: Database): void {
  const isKnown = central.prepare<[number, string], object>(
    'SELECT 1 FROM machine WHERE machine_no = ? AND machine_id = ?',
  )
  const machines = inventory.prepare<[], { no: number; id: string }>(
    'SELECT machine_no AS no, machine_id AS id FROM machine',
  )
  for (const { no, id } of machines.iterate()) {
    if (isKnown.get(no, id) === undefined) {
      throw mismatch('inventory.sqlite has machines that central.sqlite does not know')
    }
  }
}

/** Before the store makes a new file where one is missing. */
export function checkOrdersAreThere(central: Database, ordersFile: string): void {
  if (!hasOrders(central) || existsSync(ordersFile)) return
  throw mismatch(`${ordersFile} is missing, and central.sqlite belongs to one`)
}

/** After the inventory was paired. Takes new orders as this central's own; refuses those of another. */
export function pairWithOrders(central: Database, ordersFile: string): void {
  const orders = openOrders(ordersFile)
  try {
    const { id } = orders
      .prepare<[], { id: string }>('SELECT inventory_id AS id FROM orders_file')
      .get()!
    const paired = pairedWith(central)!
    if (id !== paired && (id !== '' || hasOrders(central))) {
      throw mismatch('central.sqlite and orders.sqlite are of two sets')
    }
    orders.prepare('UPDATE orders_file SET inventory_id = ?').run(paired)
    central.prepare('UPDATE inventory SET has_orders = 1').run()
  } finally {
    orders.close()
  }
}

function hasOrders(central: Database): boolean {
  return central.prepare('SELECT 1 FROM inventory WHERE has_orders = 1').get() !== undefined
}

function pairedWith(central: Database): string | undefined {
  return central
    .prepare<[], { inventoryId: string }>('SELECT inventory_id AS inventoryId FROM inventory')
    .get()?.inventoryId
}

function mismatch(what: string): AppError {
  const message = `${what}; put back all files from one backup`
  return new AppError('INVENTORY_MISMATCH', 500, message)
}
