import { describe, expect, it } from 'vitest'
import { Trail } from '../../../server/agent/watch/trail.ts'

const AT_ONCE = 0
const NEVER = 3_600_000

describe('the trail of a journal', () => {
  it('goes back to what was settled when the scan began, and no further', () => {
    const trail = new Trail(AT_ONCE)
    for (const checkpoint of ['1', '2', '3']) trail.add(checkpoint)
    expect(trail.hold()).toBe('3')
  })

  it('goes back as far as it knows where nothing has settled yet', () => {
    const trail = new Trail(NEVER)
    for (const checkpoint of ['1', '2', '3']) trail.add(checkpoint)
    expect(trail.hold()).toBe('1')
  })

  it('keeps that place until the journal was read from there again', () => {
    const trail = new Trail(NEVER)
    trail.add('1')
    trail.hold()
    expect(trail.due).toBeNull()
    expect(trail.keptOf('2')).toBe('1')
    trail.release()
    expect(trail.due).toBe('1')
    expect(trail.hold()).toBe('1')
    trail.done()
    expect(trail.due).toBeNull()
    expect(trail.keptOf('2')).toBe('2')
  })

  it('has nothing to go back to before the journal was read', () => {
    const trail = new Trail(NEVER)
    expect(trail.hold()).toBeNull()
    trail.release()
    expect(trail.due).toBeNull()
  })
})
