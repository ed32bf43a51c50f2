import { expect, it, vi } from 'vitest'
import { LastSeenBook } from '../../../server/central/machines/last-seen-book.ts'
import type { MachineId } from '../../../server/protocol/ids.ts'

const machineId = '01234567-89ab-cdef-0123-456789abcdef' as MachineId

it('keeps what it could not write, and writes it when it can', async () => {
  let isFull = true
  const written = new Map<MachineId, number>()
  const book = new LastSeenBook((seen) => {
    if (isFull) throw new Error('database or disk is full')
    for (const [id, at] of seen) written.set(id, at)
  })
  vi.useFakeTimers()
  try {
    book.note(machineId, 5)
    vi.advanceTimersByTime(2_500)
    expect(book.find(machineId)).toBe(5)
    isFull = false
    vi.advanceTimersByTime(1_500)
  } finally {
    vi.useRealTimers()
  }
  expect(written.get(machineId)).toBe(5)
  expect(book.find(machineId)).toBeUndefined()
})
