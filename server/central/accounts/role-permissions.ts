/** What a role, or a token of somebody with that role, may do. */
import {
  PERMISSION_NAMES,
  type PermissionName,
  type Role,
  roleMay,
} from '../../protocol/api/permission-table.ts'

export function permissionsOf(role: Role, given?: readonly PermissionName[]): PermissionName[] {
  return PERMISSION_NAMES.filter(
    (name) => roleMay(role, name) && (given === undefined || given.includes(name)),
  )
}
