/** Installers of the agent that central hands out. An older central, or one without any, shows nothing here. */
import { api, type OfferedPackage } from '../api.ts'
import { formatBytes } from '../model/format.ts'
import { useResource } from './hooks.ts'
import { Name } from './name.tsx'

export function PackagesPanel() {
  const packages = useResource<OfferedPackage[]>('packages', (abort) => api.packages(abort))
  if (packages.value === null || packages.value.length === 0) return null
  return (
    <section class="panel">
      <h2>Packages</h2>
      <ul class="packages">
        {packages.value.map(({ name, sizeBytes, sha256 }) => (
          <li key={name}>
            <Name text={name} />{' '}
            <span class="faint">{sizeBytes === undefined ? '' : formatBytes(sizeBytes)}</span>
            {sha256 !== undefined && <div class="hash">{sha256}</div>}
          </li>
        ))}
      </ul>
    </section>
  )
}
