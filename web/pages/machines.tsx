import { useLocation } from 'preact-iso'
import type { Machine } from '../../server/protocol/api/machines.ts'
import { countOf, filtered, filterOf, MACHINE_FILTERS, type MachineFilter } from '../model/fleet.ts'
import { formatCount, plural } from '../model/format.ts'
import { AddMachine } from '../parts/add-machine.tsx'
import { Empty, Failure, Loading, Notice } from '../parts/bits.tsx'
import { Grid } from '../parts/grid.tsx'
import { useTitle } from '../parts/hooks.ts'
import { machineColumns } from '../parts/machine-columns.tsx'
import { type Fleet, useFleet } from '../parts/use-fleet.ts'
import { NoMachines } from './overview.tsx'

const rowKey = (machine: Machine): string => machine.machineId

export function MachinesPage() {
  useTitle('Machines')
  const fleet = useFleet()
  const hasMachines = fleet.value !== null && fleet.value.machines.length > 0
  return (
    <main class="page is-full">
      <header class="page-head">
        <h1>Machines</h1>
        <div class="page-actions">
          <AddMachine />
        </div>
      </header>
      {fleet.error !== null && <Failure error={fleet.error} retry={fleet.reload} />}
      {fleet.value === null && fleet.error === null && <Loading what="machines" />}
      {fleet.value !== null && !hasMachines && <NoMachines />}
      {fleet.value !== null && hasMachines && <MachineTable fleet={fleet.value} />}
    </main>
  )
}

function MachineTable({ fleet }: { fleet: Fleet }) {
  const { query, route } = useLocation()
  const filter = filterOf(query.show)
  const text = (query.name ?? '').toLowerCase()
  const shown = filtered(fleet.machines, filter).filter((machine) =>
    machine.hostname.toLowerCase().includes(text),
  )
  const address = (show: MachineFilter, name: string) => {
    const parameters = new URLSearchParams()
    if (show !== 'all') parameters.set('show', show)
    if (name !== '') parameters.set('name', name)
    return `/machines${parameters.size > 0 ? `?${parameters}` : ''}`
  }
  return (
    <>
      <div class="toolbar">
        <input
          id="query"
          class="filter"
          type="search"
          placeholder="Name contains…"
          aria-label="Name contains"
          value={query.name ?? ''}
          onInput={(event) => route(address(filter, event.currentTarget.value), true)}
        />
        <nav class="filters" aria-label="Show">
          {(Object.keys(MACHINE_FILTERS) as MachineFilter[]).map((show) => (
            <a
              key={show}
              class="filter-link"
              href={address(show, query.name ?? '')}
              aria-current={show === filter ? 'true' : undefined}
            >
              {MACHINE_FILTERS[show]} <b>{formatCount(countOf(fleet.machines, show))}</b>
            </a>
          ))}
        </nav>
      </div>
      {!fleet.isAll && (
        <Notice tone="warn">
          Only the first {plural(fleet.machines.length, 'machine')} are listed and counted here.
        </Notice>
      )}
      <Grid
        label="Machines"
        listKey={`${filter} ${text}`}
        columns={machineColumns}
        rows={shown}
        rowKey={rowKey}
        total={shown.length}
        onOpen={(machine) => route(`/machines/${machine.machineId}`)}
      >
        {shown.length === 0 && <Empty title="No machine is like this" />}
      </Grid>
    </>
  )
}
