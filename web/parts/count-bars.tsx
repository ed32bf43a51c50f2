/** A short list of counts, each a link to what it counts, with a bar for proportion. */
import { formatCount } from '../model/format.ts'
import { Name } from './name.tsx'

export interface CountBar {
  label: string
  count: number
  href: string
  tone?: string
}

export function CountBars({ bars, none }: { bars: readonly CountBar[]; none: string }) {
  const most = Math.max(1, ...bars.map((bar) => bar.count))
  if (bars.length === 0) return <p class="faint">{none}</p>
  return (
    <ul class="bars">
      {bars.map((bar) => (
        <li key={bar.label} class={bar.tone ? `is-${bar.tone}` : ''}>
          <a href={bar.href}>
            <span class="bar-label">
              <Name text={bar.label} isTitled />
            </span>
            <span class="bar-track" aria-hidden="true">
              <span class="bar-fill" style={{ width: `${(100 * bar.count) / most}%` }} />
            </span>
            <span class="bar-count">{formatCount(bar.count)}</span>
          </a>
        </li>
      ))}
    </ul>
  )
}
