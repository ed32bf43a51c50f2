/** Gives memory back around a scan: what it takes, the long wait for the next one does not need. */
import type { NativeMachine } from '../../../native/quiet.ts'
import type { ScanListener, ScanSteps } from '../scan/scan-runner.ts'
import type { AgentState } from '../state/open-state.ts'

/** Until what a scan found is sent, and those who waited for it have asked. */
const REPORTED_AFTER_MS = 10_000

export class MemoryKeeper implements ScanListener {
  readonly #addon: Pick<NativeMachine, 'returnFreeMemory'>
  readonly #state: Pick<AgentState, 'giveBackMemory'>
  #timer: NodeJS.Timeout | null = null

  constructor(
    addon: Pick<NativeMachine, 'returnFreeMemory'>,
    state: Pick<AgentState, 'giveBackMemory'>,
  ) {
    this.#addon = addon
    this.#state = state
  }

  /** The same steps, with memory given back before the scan proper. */
  around(steps: ScanSteps): ScanSteps {
    return {
      scanBegins: async () => {
        await steps.scanBegins()
        // To find a volume's journal takes as much as a small scan, and is over now.
        this.#addon.returnFreeMemory()
      },
      scanEnded: (covered) => steps.scanEnded(covered),
    }
  }

  progress(): void {}

  finished(): void {
    this.#giveBack()
    this.close()
    this.#timer = setTimeout(() => this.#giveBack(), REPORTED_AFTER_MS).unref()
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #giveBack(): void {
    this.#state.giveBackMemory()
    this.#addon.returnFreeMemory()
  }
}
