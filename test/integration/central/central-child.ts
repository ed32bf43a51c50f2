/** Central in a process of its own, so that a test can kill it. Prints its address. */
import { pino } from 'pino'
import { startCentral } from '../../../server/central/start-central.ts'
import { systemClock } from '../../../server/shared/clock.ts'

const [dataDir, adminPassword] = process.argv.slice(2) as [string, string]
const central = await startCentral({
  dataDir,
  host: '127.0.0.1',
  port: 0,
  adminPassword,
  logger: pino({ level: 'silent' }),
  clock: systemClock,
  scanEverySeconds: 600,
})
console.log(central.url)
