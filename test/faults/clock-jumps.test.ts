/** Clocks that are set, on either side, while streams are reported. */
import { describe, expect, it } from 'vitest'
import {
  aCentral,
  anAgent,
  aPlace,
  enrolled,
  firstScan,
  rescan,
} from '../integration/agent/support/agent-fixture.ts'
import { aCarrier } from '../integration/agent/support/carrier.ts'
import { until as untilTrue } from '../integration/agent/support/until.ts'
import { movableClock, openFleet, until } from '../integration/central/fleet.ts'
import { keyOf, streams } from '../integration/central/test-agent.ts'

describe('a clock that jumps', () => {
  it.each([-3_600_000, 10 * 31_536_000_000])(
    'by %i ms at central loses nothing',
    async (jumpMs) => {
      const clock = movableClock()
      const fleet = await openFleet({ clock })
      const agent = await fleet.agent()
      await agent.report(streams(5))
      clock.moveBy(jumpMs)
      await agent.report(streams(5, { sizeBytes: 7 }))
      await agent.report([], { gone: [keyOf(streams(1)[0]!)] })
      await fleet.signIn()
      const held = await until(async () => {
        const page = await fleet.search('')
        return page.total === 4 ? page : undefined
      })
      expect(held.streams.map((row) => [row.sizeBytes, row.goneAt])).toEqual(
        held.streams.map(() => [7, null]),
      )
      const { resume } = await agent.connect(fleet.central.url)
      expect(resume.sequence).toBe(3)
    },
  )

  it.each([-86_400_000, 10 * 31_536_000_000])(
    'by %i ms at an agent loses nothing',
    async (jumpMs) => {
      const place = aPlace()
      const central = await aCentral()
      await enrolled(place, central)
      aCarrier(place, 'before.exe')
      let offsetMs = 0
      const agent = await anAgent(place, { clock: { now: () => Date.now() + offsetMs } })
      await firstScan(agent)
      await untilTrue(() => central.inventory.size === 2)
      offsetMs = jumpMs
      aCarrier(place, 'after.exe')
      await rescan(agent)
      await untilTrue(() => central.inventory.size === 4 && agent.status().unacknowledged === 0)
      expect([agent.status().link, central.comparisons]).toEqual(['connected', 0])
    },
  )
})
