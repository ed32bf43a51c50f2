/** Central in a process of its own, so that a test can kill it. Prints its address. Arguments: data folder,
 * password, port, timing as JSON. */
import { pino } from 'pino'
import { startCentral } from '../../../server/central/start-central.ts'
import { systemClock } from '../../../server/shared/clock.ts'

const [dataDir, adminPassword, port = '0', timing = '{}'] = process.argv.slice(2) as [
  string,
  string,
  string?,
  string?,
]
const central = await startCentral({
  dataDir,
  host: '127.0.0.1',
  port: Number(port),
  adminPassword,
  logger: pino({ level: 'silent' }),
  clock: systemClock,
  scanEverySeconds: 600,
  timing: JSON.parse(timing),
})
console.log(central.url)
process.on('SIGTERM', () => void central.close().then(() => process.exit(0)))
