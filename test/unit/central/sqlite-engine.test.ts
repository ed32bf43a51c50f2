import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { InventoryEngine } from '../../../server/central/store/inventory/inventory-engine.ts'
import { openSqliteEngine } from '../../../server/central/store/inventory/sqlite-engine.ts'
import { describeInventoryEngine, type EngineUnderTest } from './inventory-engine-suite.ts'
import { expectSound } from './sound-inventory.ts'
import { tempDataDir } from './stored-fleet.ts'

describeInventoryEngine('SQLite', openEngine)

/** When the test ends, everything that is kept incrementally must be what a recount gives. */
async function openEngine(): Promise<EngineUnderTest> {
  const file = join(tempDataDir(), 'inventory.sqlite')
  const open = () => openSqliteEngine({ file, readerThreads: 1 })
  let engine: InventoryEngine = await open()
  onTestFinished(async () => {
    await engine.close()
    expectSound(file)
  })
  return {
    get engine() {
      return engine
    },
    reopen: async () => {
      await engine.close()
      engine = await open()
    },
  }
}
