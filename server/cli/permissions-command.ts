/** `sidestream central permissions`: who may do what, from the table that central itself checks. */
import { PERMISSION_NAMES, PERMISSIONS, ROLES, roleMay } from '../protocol/api/permission-table.ts'
import { ExitCode } from './exit-code.ts'
import { plainTable, renderPlain } from './plain-table.ts'
import type { Terminal } from './terminal.ts'

export async function showPermissions(
  { format }: { readonly format: 'table' | 'json' },
  terminal: Terminal,
): Promise<number> {
  await terminal.write(format === 'json' ? asJson() : asTable())
  return ExitCode.complete
}

function asJson(): string {
  const rows = PERMISSION_NAMES.map((permission) => ({ permission, ...PERMISSIONS[permission] }))
  return `${JSON.stringify(rows, null, 2)}\n`
}

function asTable(): string {
  const table = plainTable({ head: ['Permission', ...ROLES, 'With a scope', 'May'] })
  for (const name of PERMISSION_NAMES) {
    const marks = ROLES.map((role) => (roleMay(role, name) ? 'yes' : '-'))
    const { does, isScopable } = PERMISSIONS[name]
    table.push([name, ...marks, isScopable ? 'its machines' : '-', does])
  }
  return renderPlain(table)
}
