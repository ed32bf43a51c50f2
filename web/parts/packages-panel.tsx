/** Installers of the agent that central hands out. An older central, or one without any, shows nothing here. */
import { api, type OfferedPackage, packageUrl } from '../api.ts'
import { formatBytes } from '../model/format.ts'
import { Command } from './command.tsx'
import { useResource } from './hooks.ts'
import { Name } from './name.tsx'

export function PackagesPanel() {
  const packages = useResource<OfferedPackage[]>('packages', (abort) => api.packages(abort))
  if (packages.value === null || packages.value.length === 0) return null
  return (
    <section class="panel">
      <h2>Packages</h2>
      <ul class="packages">
        {packages.value.map(({ name, sizeBytes, sha256, command }) => (
          <li key={name}>
            <p>
              <a href={packageUrl(name)} download>
                <Name text={name} />
              </a>{' '}
              <span class="faint">{formatBytes(sizeBytes)}</span>
            </p>
            <Command text={command} />
            <div class="hash faint">SHA-256 {sha256}</div>
          </li>
        ))}
      </ul>
    </section>
  )
}
