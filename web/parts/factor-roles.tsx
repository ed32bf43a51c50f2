/** Which roles nobody acts in without a second factor. */
import { ROLES, type Role } from '../../server/protocol/api/permission-table.ts'
import { api } from '../api.ts'
import { Failure, Loading } from './bits.tsx'
import { useResource } from './hooks.ts'
import { say, sayError } from './toasts.tsx'

export function FactorRolesPanel() {
  const setting = useResource('factor-roles', (abort) => api.factorRoles(abort))
  const set = async (roles: Role[]) => {
    try {
      await api.setFactorRoles({ roles })
      say('Who needs a second factor was changed.')
    } catch (error) {
      sayError(error)
    }
    setting.reload()
  }
  const roles = setting.value?.roles ?? []
  return (
    <section class="panel">
      <h2>Second factor</h2>
      {setting.error !== null && <Failure error={setting.error} retry={setting.reload} />}
      {setting.value === null && setting.error === null && <Loading what="the setting" />}
      {setting.value !== null && (
        <fieldset class="checks">
          <legend>
            Needed for these roles; who has none is signed out, and asked to set one up
          </legend>
          {ROLES.map((role) => (
            <label class="check" key={role}>
              <input
                type="checkbox"
                checked={roles.includes(role)}
                onChange={(event) =>
                  void set(
                    event.currentTarget.checked
                      ? [...roles, role]
                      : roles.filter((each) => each !== role),
                  )
                }
              />
              <span>{role}</span>
            </label>
          ))}
        </fieldset>
      )}
    </section>
  )
}
