/**
 * Lines over time, drawn by uPlot, which is loaded when the first plot is. A canvas says nothing to a screen reader,
 * so its label sums it up, and the numbers stand below as a table.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Options } from 'uplot'
import { exactTime, formatCount } from '../model/format.ts'
import type { TrendLine } from '../model/trends.ts'
import { theme } from '../theme.ts'

const HEIGHT = 170

interface PlotProps {
  title: string
  /** RFC 3339, oldest first. */
  times: readonly string[]
  lines: readonly TrendLine[]
}

export function Plot({ title, times, lines }: PlotProps) {
  const ref = useRef<HTMLDivElement>(null)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    const element = ref.current
    if (element === null) return
    const drawing = draw(element, times, lines)
    drawing.failed.catch(() => setFailed(true))
    return drawing.stop
  }, [times, lines, theme.value])

  return (
    <figure class="plot">
      <figcaption>{title}</figcaption>
      <Legend lines={lines} />
      {failed ? (
        <p class="faint">The plot could not be loaded; its numbers are below.</p>
      ) : (
        <div ref={ref} class="plot-canvas" role="img" aria-label={summaryOf(title, times, lines)} />
      )}
      <PlotTable times={times} lines={lines} />
    </figure>
  )
}

function Legend({ lines }: { lines: readonly TrendLine[] }) {
  return (
    <ul class="plot-legend">
      {lines.map(({ label, color, href, values }) => (
        <li key={label}>
          <span class="plot-key" style={{ background: `var(${color})` }} aria-hidden="true" />
          <a href={href}>
            {label} <b>{formatCount(values.at(-1) ?? 0)}</b>
          </a>
        </li>
      ))}
    </ul>
  )
}

function summaryOf(title: string, times: readonly string[], lines: readonly TrendLine[]): string {
  const changes = lines.map(
    ({ label, values }) =>
      `${label} from ${formatCount(values[0] ?? 0)} to ${formatCount(values.at(-1) ?? 0)}`,
  )
  return `${title} since ${exactTime(times[0] ?? '')}: ${changes.join(', ')}`
}

function PlotTable({ times, lines }: Pick<PlotProps, 'times' | 'lines'>) {
  return (
    <details class="plot-numbers">
      <summary>As numbers</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div class="plot-table" tabIndex={0}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">When</th>
              {lines.map(({ label }) => (
                <th scope="col" key={label}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {times.map((time, row) => (
              <tr key={time}>
                <th scope="row">{exactTime(time)}</th>
                {lines.map(({ label, values }) => (
                  <td key={label}>{formatCount(values[row] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}

function draw(element: HTMLElement, times: readonly string[], lines: readonly TrendLine[]) {
  let stop = () => {}
  let isOver = false
  const seconds = times.map((time) => Date.parse(time) / 1000)
  const failed = import('uplot').then(({ default: UPlot }) => {
    if (isOver) return
    const plot = new UPlot(
      optionsFor(element, lines),
      [seconds, ...lines.map(({ values }) => [...values])],
      element,
    )
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: HEIGHT }),
    )
    observer.observe(element)
    stop = () => {
      observer.disconnect()
      plot.destroy()
    }
  })
  return {
    failed,
    stop: () => {
      isOver = true
      stop()
    },
  }
}

function optionsFor(element: HTMLElement, lines: readonly TrendLine[]): Options {
  const color = colorReader(element)
  const axis = {
    stroke: color('--muted'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  }
  const values = (_: unknown, ticks: number[]) =>
    ticks.map((tick) => (Number.isInteger(tick) ? formatCount(tick) : ''))
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, _least, most) => [0, Math.max(1, most * 1.08)] } },
    axes: [
      { ...axis, values: timeLabels },
      { ...axis, size: 62, values },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: color(line.color),
        width: 2,
        // A fleet that is known for a day only has points, and no line between them.
        points: { show: line.values.length < 40 },
      })),
    ],
  }
}

const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' })
const hour = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

function timeLabels(_: unknown, ticks: number[]): string[] {
  const span = (ticks.at(-1) ?? 0) - (ticks[0] ?? 0)
  const format = span < 2 * 86_400 ? hour : day
  return ticks.map((tick) => format.format(tick * 1000))
}

/** A canvas knows neither custom properties nor light-dark(): the browser resolves them on an element. */
function colorReader(element: HTMLElement): (name: string) => string {
  const probe = document.createElement('span')
  element.append(probe)
  queueMicrotask(() => probe.remove())
  return (name) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
}
