/** The agent's state in a folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type AgentState, openState } from '../../../../server/agent/state/open-state.ts'
import type { Welcome } from '../../../../server/protocol/link-frames.ts'

export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ss-outbox-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A welcome of a central that holds what it has acknowledged. */
export function inStep({ inventory }: AgentState, window = 4): Pick<Welcome, 'resume' | 'window'> {
  const [epoch, sequence] = [inventory.epoch(), inventory.sequence()]
  return { resume: { epoch, sequence, ...inventory.acknowledged() }, window }
}

export function aState(folder = aFolder()): AgentState {
  const state = openState(folder)
  onTestFinished(() => state.close())
  return state
}
