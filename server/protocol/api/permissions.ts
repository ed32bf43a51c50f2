/** Roles and permissions as schemas; permission-table.ts says what they are. */
import { Type } from 'typebox'
import {
  PERMISSION_NAMES,
  type PermissionName as PermissionNameType,
  ROLES,
  type Role as RoleType,
} from './permission-table.ts'

export const Role = Type.Unsafe<RoleType>(Type.String({ enum: [...ROLES] }))
export type Role = RoleType

export const PermissionName = Type.Unsafe<PermissionNameType>(
  Type.String({ enum: PERMISSION_NAMES, description: 'See `sidestream central permissions`' }),
)
export type PermissionName = PermissionNameType
