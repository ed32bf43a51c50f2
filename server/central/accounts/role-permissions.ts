/** What a role, or a token of somebody with that role, may do; within a scope not what concerns the whole fleet. */
import {
  PERMISSION_NAMES,
  PERMISSIONS,
  type PermissionName,
  type Role,
  roleMay,
} from '../../protocol/api/permission-table.ts'
import type { EffectiveScope } from '../../protocol/api/scope.ts'

export function permissionsOf(
  role: Role,
  scope: EffectiveScope,
  given?: readonly PermissionName[],
): PermissionName[] {
  return PERMISSION_NAMES.filter(
    (name) =>
      roleMay(role, name) &&
      (scope === null || PERMISSIONS[name].isScopable) &&
      (given === undefined || given.includes(name)),
  )
}
