import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { it } from 'vitest'
import { createReaderPool } from '../../../server/central/store/inventory/reader-pool.ts'
import { openSqliteEngine } from '../../../server/central/store/inventory/sqlite-engine.ts'
import { tempDataDir } from './stored-fleet.ts'

/** A thread that is ended while it loads a native module takes the whole process with it, and this test. */
it('a reader pool can be closed at any moment of its start', async () => {
  const file = join(tempDataDir(), 'inventory.sqlite')
  const engine = await openSqliteEngine({ file, readerThreads: 1 })
  await engine.close()
  for (let ms = 0; ms < 100; ms += 2) {
    const pool = createReaderPool(file, 2)
    await sleep(ms)
    await pool.close()
  }
}, 120_000)
