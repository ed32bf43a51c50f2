import type { ConsoleEvent } from './events.ts'
import type { PermissionName } from './permission-table.ts'

/**
 * What each message of WebSocket `/api/v1/events` lets somebody know of. All of them have to be within what the socket
 * itself asks for: it sends everything to everybody who may open it.
 */
export const EVENT_PERMISSIONS: Readonly<Record<ConsoleEvent['type'], PermissionName>> = {
  'machine.changed': 'inventory.read',
  'machine.scanning': 'inventory.read',
  'inventory.changed': 'inventory.read',
  'order.changed': 'inventory.read',
  'preview.changed': 'inventory.read',
  'rule.changed': 'inventory.read',
  'live.changed': 'inventory.read',
}

/** What opening the socket asks for. */
export const EVENTS_PERMISSION = 'inventory.read' satisfies PermissionName
