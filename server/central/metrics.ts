/** What central counts of itself, for Prometheus: numbers and route patterns, never a name. */
import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Read when somebody asks. */
export interface MeasuredCentral {
  machines(): { machines: number; streams: number; marks: number; suspicious: number }
  online(): number
  link(): { deltas: number; bytes: number; parked: number; refusals: number }
  openOrders(): number
  live(): { waiting: number; running: number }
  sinkQueue(): number
}

export interface Metrics {
  text(): Promise<string>
  /** One delta was stored. */
  deltaStored(changes: number): void
  /** Times every request of this app. */
  watch(app: FastifyInstance): void
}

export function createMetrics(measured: MeasuredCentral): Metrics {
  const registry = new Registry()
  // CPU, memory, and how long the event loop lets others wait.
  collectDefaultMetrics({ register: registry, prefix: 'sidestream_' })
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: `sidestream_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
  gauge('machines', 'Machines that are enrolled', () => measured.machines().machines)
  gauge('machines_online', 'Machines that are connected', measured.online)
  gauge('link_deltas_waiting', 'Deltas that wait or are being stored', () => measured.link().deltas)
  gauge('link_bytes_waiting', 'Bytes of these as they came', () => measured.link().bytes)
  gauge(
    'link_agents_parked',
    'Agents that were told to send nothing until there is room',
    () => measured.link().parked,
  )
  gauge(
    'link_hellos_refused',
    'Connections that were told to come back later',
    () => measured.link().refusals,
  )
  gauge('streams', 'Streams that are there', () => measured.machines().streams)
  gauge('streams_mark', 'Of these, Marks of the Web', () => measured.machines().marks)
  gauge('streams_suspicious', 'Of these, suspicious', () => measured.machines().suspicious)
  gauge('orders_open', 'Orders that wait for receipts', measured.openOrders)
  gauge('live_waiting', 'Machines in the queue of live queries', () => measured.live().waiting)
  gauge('live_running', 'Machines that answer a live query', () => measured.live().running)
  gauge('sink_queue', 'Notable events that wait for their receivers', measured.sinkQueue)

  const deltas = new Counter({
    name: 'sidestream_inventory_deltas_total',
    help: 'Reports of agents that were stored',
    registers: [registry],
  })
  const changes = new Counter({
    name: 'sidestream_inventory_changes_total',
    help: 'Streams that came, changed or went',
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'sidestream_http_request_seconds',
    help: 'Time from a request to the end of its answer',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 1, 5, 30],
    registers: [registry],
  })
  return {
    text: () => registry.metrics(),
    deltaStored: (count) => {
      deltas.inc()
      changes.inc(count)
    },
    watch: (app) => {
      app.addHook('onResponse', async (request, reply) => {
        const route = request.routeOptions.url ?? 'none'
        const labels = { method: request.method, route, status: reply.statusCode }
        durations.observe(labels, reply.elapsedTime / 1_000)
      })
    },
  }
}
