/**
 * Who may do what: the one table that central checks, the console hides buttons by, `sidestream central
 * permissions` prints, and the documentation shows. A route names one permission; a role has a set of them. No schema
 * here, so that the console need not load any; see permissions.ts.
 */
/**
 * `viewer` looks. `analyst` also asks machines. `operator` also changes them, by orders. `approver` looks, asks and
 * approves what others ordered, and orders nothing. `admin` may do everything.
 */
export const ROLES = ['viewer', 'analyst', 'operator', 'approver', 'admin'] as const

export type Role = (typeof ROLES)[number]

interface PermissionInfo {
  /** Continues "may …". */
  readonly does: string
  readonly roles: readonly Role[]
  /** Whether an account that is bound to machine labels can have it, for its machines; see scope.ts. */
  readonly isScopable: boolean
}

export const PERMISSIONS = {
  'inventory.read': {
    does: 'search and export streams, look at machines and orders',
    roles: ROLES,
    isScopable: true,
  },
  'content.read': {
    does: 'read the bytes of a stream from its machine',
    roles: ['analyst', 'operator', 'approver', 'admin'],
    isScopable: true,
  },
  'machines.ask': {
    does: 'have machines scan, and ask them live questions',
    roles: ['analyst', 'operator', 'approver', 'admin'],
    isScopable: true,
  },
  'machines.manage': {
    does: 'label and retire machines',
    roles: ['operator', 'admin'],
    isScopable: true,
  },
  'orders.create': {
    does: 'preview, create, cancel and undo orders',
    roles: ['operator', 'admin'],
    isScopable: true,
  },
  'orders.approve': {
    does: 'approve orders that somebody else created',
    roles: ['approver', 'admin'],
    isScopable: true,
  },
  'rules.manage': {
    does: 'write rules, run them, stop them; a new or changed rule only reports',
    roles: ['operator', 'admin'],
    isScopable: false,
  },
  'rules.enforce': {
    does: 'let a rule act by itself, after looking at its report',
    roles: ['approver', 'admin'],
    isScopable: false,
  },
  'enrolments.create': {
    does: 'make, list and revoke enrolment tokens, and let machines in',
    roles: ['admin'],
    isScopable: false,
  },
  'audit.read': {
    does: 'read the audit log',
    roles: ['analyst', 'approver', 'admin'],
    isScopable: true,
  },
  'users.manage': {
    does: 'add users, change their roles and passwords, end their access',
    roles: ['admin'],
    isScopable: false,
  },
  'settings.manage': {
    does: 'change where events are sent, how long history is kept, and other settings of central',
    roles: ['admin'],
    isScopable: false,
  },
} as const satisfies Record<string, PermissionInfo>

export type PermissionName = keyof typeof PERMISSIONS

export const PERMISSION_NAMES = Object.keys(PERMISSIONS) as PermissionName[]

export function roleMay(role: Role, permission: PermissionName): boolean {
  return (PERMISSIONS[permission].roles as readonly Role[]).includes(role)
}
