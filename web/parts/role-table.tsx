/** The table of permissions that central checks, as a table. */
import {
  PERMISSION_NAMES,
  PERMISSIONS,
  ROLES,
  roleMay,
} from '../../server/protocol/api/permission-table.ts'

export function RoleTable() {
  return (
    <table class="table role-table">
      <thead>
        <tr>
          <th scope="col">May</th>
          {ROLES.map((role) => (
            <th key={role} scope="col">
              {role}
            </th>
          ))}
          <th scope="col">bound to labels</th>
        </tr>
      </thead>
      <tbody>
        {PERMISSION_NAMES.map((name) => (
          <tr key={name}>
            <th scope="row">
              {PERMISSIONS[name].does} <code class="faint">{name}</code>
            </th>
            {ROLES.map((role) => (
              <td key={role}>{roleMay(role, name) ? 'yes' : <span class="faint">no</span>}</td>
            ))}
            <td>{PERMISSIONS[name].isScopable ? 'its machines' : <span class="faint">no</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
