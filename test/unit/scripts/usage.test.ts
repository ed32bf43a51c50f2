import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../../../scripts/lib/run.ts'

it.each([
  'demo-orders.ts',
  'demo.ts',
  'fleet/simulate.ts',
  'fleet/twelve-queries.ts',
  'fuzz.ts',
  'package/package-agent.ts',
])('%s says what it does not understand, without a stack', (script) => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts', script), '--no-such-option'],
    { encoding: 'utf8' },
  )
  expect(stderr).toContain("Unknown option '--no-such-option'")
  expect(stderr).not.toMatch(/^ +at /m)
  expect(status).toBeGreaterThan(0)
})
