/** The fleet at a glance. Every number is a link to what it counts; what nobody looked at is said first. */
import type { ComponentChildren } from 'preact'
import type { StreamFacets } from '../../server/protocol/api/streams.ts'
import { exactTerm } from '../../server/streams/query/write-term.ts'
import { api } from '../api.ts'
import { countOf, unreadablePlaces } from '../model/fleet.ts'
import { formatCount, plural, zoneLabel } from '../model/format.ts'
import { streamsUrl } from '../model/query-text.ts'
import { totalsOf } from '../model/trends.ts'
import { AddMachine } from '../parts/add-machine.tsx'
import { Empty, Failure, Loading } from '../parts/bits.tsx'
import { type CountBar, CountBars } from '../parts/count-bars.tsx'
import { verdictLabel } from '../parts/facet-panel.tsx'
import { useLive, useResource, useTitle } from '../parts/hooks.ts'
import { TrendsPanel } from '../parts/trends-panel.tsx'
import { type Fleet, useFleet } from '../parts/use-fleet.ts'
import { isScoped } from '../session.ts'

const TOP = 8
const NEW_QUERY = 'first:<1d'

export function OverviewPage() {
  useTitle('Overview')
  const fleet = useFleet()
  const facets = useResource('all', (abort) => api.facets('', false, abort))
  const fresh = useResource('new', (abort) => api.facets(NEW_QUERY, false, abort))
  useLive(
    (event) => event.type === 'inventory.changed',
    () => {
      facets.reload()
      fresh.reload()
    },
    2_000,
  )
  const error = fleet.error ?? facets.error ?? fresh.error
  const retry = () => {
    fleet.reload()
    facets.reload()
    fresh.reload()
  }
  return (
    <main class="page">
      <header class="page-head">
        <h1>Overview</h1>
        <div class="page-actions">
          <AddMachine />
        </div>
      </header>
      {error !== null && <Failure error={error} retry={retry} />}
      {fleet.value === null || facets.value === null ? (
        error === null && <Loading what="the fleet" />
      ) : fleet.value.machines.length === 0 ? (
        <NoMachines />
      ) : (
        <>
          <Numbers fleet={fleet.value} facets={facets.value} fresh={fresh.value} />
          <Coverage fleet={fleet.value} />
          {fresh.value !== null && fresh.value.total > 0 && <WhatIsNew fresh={fresh.value} />}
          {/* Of some machines only there is no history. */}
          {!isScoped() && <TrendsPanel now={totalsOf(fleet.value.machines, facets.value)} />}
          <Breakdown facets={facets.value} />
        </>
      )}
    </main>
  )
}

export function NoMachines() {
  return (
    <Empty title="No machines yet">
      <p>
        Sidestream knows nothing until an agent reports. Add a machine to get a one-time token and
        the two commands to run on it.
      </p>
      <AddMachine isPrimary />
    </Empty>
  )
}

interface NumbersProps {
  fleet: Fleet
  facets: StreamFacets
  fresh: StreamFacets | null
}

function Numbers({ fleet, facets, fresh }: NumbersProps) {
  const { machines } = fleet
  const offline = countOf(machines, 'offline')
  const suspicious = facets.verdicts.find(({ value }) => value === 'suspicious')?.count ?? 0
  const marks = facets.verdicts.find(({ value }) => value === 'mark')?.count ?? 0
  return (
    <section class="numbers" aria-label="In numbers">
      <NumberTile label="Streams" count={facets.total} href={streamsUrl('')} />
      <NumberTile
        label="Suspicious"
        count={suspicious}
        href={streamsUrl('verdict:suspicious')}
        tone={suspicious > 0 ? 'bad' : undefined}
      />
      <NumberTile label="Marks of the Web" count={marks} href={streamsUrl('verdict:mark')} />
      <NumberTile
        label="New in 24 hours"
        count={fresh?.total ?? null}
        href={streamsUrl(NEW_QUERY)}
      />
      <NumberTile
        label="Machines online"
        count={machines.length - offline}
        href="/machines?show=online"
      >
        of <a href="/machines">{formatCount(machines.length)}</a>
        {!fleet.isAll && ' counted; there are more'}
      </NumberTile>
      <NumberTile
        label="Machines offline"
        count={offline}
        href="/machines?show=offline"
        tone={offline > 0 ? 'warn' : undefined}
      />
    </section>
  )
}

function NumberTile(props: {
  label: string
  count: number | null
  href: string
  tone?: 'bad' | 'warn' | undefined
  children?: ComponentChildren
}) {
  return (
    <div class={`number ${props.tone ? `is-${props.tone}` : ''}`}>
      <a class="number-value" href={props.href}>
        {props.count === null ? '…' : formatCount(props.count)}
      </a>
      <div class="number-label">
        {props.label} {props.children}
      </div>
    </div>
  )
}

/** Never a false clean: each gap is a sentence with its number. */
function Coverage({ fleet: { machines } }: { fleet: Fleet }) {
  const gaps: { href: string; text: string }[] = []
  const add = (count: number, href: string, text: string) => {
    if (count > 0) gaps.push({ href, text: `${plural(count, 'machine')} ${text}` })
  }
  const places = unreadablePlaces(machines)
  add(
    countOf(machines, 'unreadable'),
    '/machines?show=unreadable',
    `with ${plural(places, 'place')} that could not be read: what is there is unknown`,
  )
  add(
    countOf(machines, 'incomplete'),
    '/machines?show=incomplete',
    'whose last scan failed or was cancelled',
  )
  add(countOf(machines, 'unscanned'), '/machines?show=unscanned', 'never scanned')
  add(countOf(machines, 'stale'), '/machines?show=stale', 'not seen for many days')
  add(
    countOf(machines, 'offline'),
    '/machines?show=offline',
    'offline: shown as last seen, and may have changed since',
  )
  return (
    <section class={`coverage ${gaps.length > 0 ? 'has-gaps' : ''}`}>
      <h2>Coverage</h2>
      {gaps.length === 0 ? (
        <p>Every machine is online, and its last scan read everything in its scope.</p>
      ) : (
        <ul>
          {gaps.map(({ href, text }) => (
            <li key={href}>
              <a href={href}>{text}</a>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** Since yesterday, with what was there before left out. */
function WhatIsNew({ fresh }: { fresh: StreamFacets }) {
  const bars = (
    buckets: StreamFacets['hosts'],
    field: string,
    label: (value: string) => string = (value) => value,
  ): CountBar[] =>
    buckets.slice(0, 4).map(({ value, count }) => ({
      label: label(value),
      count,
      href: streamsUrl(`${NEW_QUERY} ${exactTerm(field, value)}`),
      tone: field === 'verdict' ? value : 'plain',
    }))
  return (
    <section class="panel new">
      <h2>
        New since yesterday: <a href={streamsUrl(NEW_QUERY)}>{plural(fresh.total, 'stream')}</a>
      </h2>
      <div class="new-bars">
        <CountBars bars={bars(fresh.verdicts, 'verdict', verdictLabel)} none="Nothing." />
        <CountBars bars={bars(fresh.hosts, 'host')} none="None names an origin host." />
        <CountBars bars={bars(fresh.machines, 'machine')} none="On no machine." />
      </div>
    </section>
  )
}

function Breakdown({ facets }: { facets: StreamFacets }) {
  const bars = (
    buckets: StreamFacets['hosts'],
    field: string,
    label: (value: string) => string = (value) => value,
  ): CountBar[] =>
    buckets.slice(0, TOP).map(({ value, count }) => ({
      label: label(value),
      count,
      href: streamsUrl(exactTerm(field, value)),
      tone: field === 'verdict' ? value : 'plain',
    }))
  return (
    <div class="tiles">
      <Tile title="Verdicts">
        <CountBars bars={bars(facets.verdicts, 'verdict', verdictLabel)} none="No streams." />
      </Tile>
      <Tile title="Zones">
        <CountBars bars={bars(facets.zones, 'zone', zoneLabel)} none="No streams." />
      </Tile>
      <Tile title="Top origin hosts">
        <CountBars bars={bars(facets.hosts, 'host')} none="No stream names a host." />
      </Tile>
      <Tile title="Top stream names">
        <CountBars bars={bars(facets.names, 'stream')} none="No streams." />
      </Tile>
      <Tile title="Top extensions">
        <CountBars bars={bars(facets.extensions, 'ext')} none="No carrier has an extension." />
      </Tile>
      <Tile title="Machines with most streams">
        <CountBars bars={bars(facets.machines, 'machine')} none="No streams." />
      </Tile>
    </div>
  )
}

function Tile({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="panel">
      <h2>{title}</h2>
      {children}
    </section>
  )
}
