/** The agent's state in a folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type AgentState, openState } from '../../../../server/agent/state/open-state.ts'

export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ss-outbox-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

export function aState(folder = aFolder()): AgentState {
  const state = openState(folder)
  onTestFinished(() => state.close())
  return state
}
