/**
 * The console as a person has it: how much a browser must load, how soon the first results stand there, how smoothly
 * a long list scrolls, and how soon the query bar suggests. Over a real central with a million streams.
 *
 * usage: npm run bench -- console [--streams N] [--rounds N]
 *   --streams N   1000000 if not given
 *   --rounds N    cold loads; 7 if not given
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type Browser, chromium } from 'playwright-core'
import { build } from 'vite'
import { findProgram, root } from '../../lib/run.ts'
import { median } from '../lib/measure.ts'
import { MeasuredCentral } from '../lib/measured-central.ts'
import { conclude, type Target } from '../lib/report.ts'
import { type ColdLoad, coldLoad, framesWhileScrolling, suggestTimes } from './browser.ts'
import { fillDataFolder } from './filled-data.ts'

const MAX_BUNDLE_KB = 120
const MAX_FIRST_ROW_MS = 1_000
const MIN_FRAMES = 50
const MAX_SUGGEST_MS = 50
const SCROLL_SECONDS = 12

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      streams: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '7' },
    },
  })
  const size = { streams: Number(values.streams), streamsPerMachine: 5_000 }
  const bundle = await bundleSize()
  const executablePath = findProgram('chromium')
  if (executablePath === undefined) {
    const how = 'all that needs a browser; enable it with: sudo apt-get install -y chromium'
    return conclude('console', [bundleTarget(bundle)], [how], { bundle })
  }
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-bench-'))
  let central: MeasuredCentral | undefined
  let browser: Browser | undefined
  try {
    fillDataFolder(join(folder, 'central'), size)
    central = await MeasuredCentral.start(folder)
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    const loads: ColdLoad[] = []
    for (let round = 0; round < Number(values.rounds); round += 1) {
      loads.push(await coldLoad(browser, central))
    }
    const scroll = await framesWhileScrolling(browser, central, SCROLL_SECONDS)
    console.log(`a frame while scrolling takes ${scroll.cpuMsPerFrame.toFixed(1)} ms of CPU`)
    const suggest = await suggestTimes(browser, central)
    const targets: Target[] = [
      bundleTarget(bundle),
      {
        what: `first results of ${size.streams} streams on screen, cold, median of ${loads.length}`,
        unit: 'ms',
        value: median(loads.map(({ firstRowMs }) => firstRowMs)),
        atMost: MAX_FIRST_ROW_MS,
      },
      {
        what: `frames a second while a list of ${scroll.total} scrolls, median`,
        unit: 'frames/s',
        value: median(scroll.framesPerSecond),
        atLeast: MIN_FRAMES,
      },
      {
        what: 'p95 of a suggestion, over HTTP',
        unit: 'ms',
        value: suggest.p95,
        atMost: MAX_SUGGEST_MS,
      },
    ]
    return conclude('console', targets, [], { size, bundle, loads, scroll, suggest })
  } finally {
    await browser?.close()
    await central?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface BundleSize {
  file: string
  gzipped: number
}

/** Built anew, into where central serves it from: what is measured is what the sources are now. */
async function bundleSize(): Promise<BundleSize[]> {
  await build({ root: join(root, 'web'), logLevel: 'silent' })
  const assets = join(root, 'web/dist/assets')
  return readdirSync(assets)
    .filter((file) => file.endsWith('.js'))
    .map((file) => ({ file, gzipped: gzipSync(readFileSync(join(assets, file))).length }))
}

function bundleTarget(bundle: readonly BundleSize[]): Target {
  return {
    what: `script of the console, ${bundle.length} files, gzipped`,
    unit: 'KB',
    value: bundle.reduce((sum, { gzipped }) => sum + gzipped, 0) / 1000,
    atMost: MAX_BUNDLE_KB,
  }
}
