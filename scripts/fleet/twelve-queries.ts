/**
 * Asks a running central the twelve questions of the benchmark, over HTTP as anybody would, and prints how long each
 * took and what it found.
 *
 * usage: scripts/twelve-queries URL --user NAME [--rounds N]     the password is the first line of standard input
 */
import { text } from 'node:stream/consumers'
import type { StreamFacets, StreamPage } from '../../server/protocol/api/streams.ts'
import { type CanonicalQuery, canonicalQueries } from '../bench/search/canonical-queries.ts'
import { CentralClient } from '../lib/central-client.ts'
import { readArgs, usageOf } from '../lib/usage.ts'

const { values, positionals } = readArgs(import.meta.filename, {
  allowPositionals: true,
  options: { user: { type: 'string', default: 'admin' }, rounds: { type: 'string', default: '5' } },
})
const [url] = positionals
if (url === undefined) {
  console.error(usageOf(import.meta.filename))
  process.exit(2)
}

const central = new CentralClient(url)
const [password = ''] = (await text(process.stdin)).split(/\r?\n/)
await central.signIn(values.user, password)
console.log(`${'question'.padEnd(20)}  ${'query'.padEnd(46)}  median ms  total`)
for (const question of canonicalQueries) {
  const times: number[] = []
  let total = ''
  for (let round = 0; round < Number(values.rounds); round++) {
    const started = performance.now()
    total = await ask(question)
    times.push(performance.now() - started)
  }
  const median = times.sort((a, b) => a - b)[times.length >> 1] ?? 0
  const { what, q } = question
  console.log(`${what.padEnd(20)}  ${q.padEnd(46)}  ${median.toFixed(1).padStart(9)}  ${total}`)
}

async function ask({ q, isFacets }: CanonicalQuery): Promise<string> {
  const found: StreamFacets | StreamPage = isFacets
    ? await central.facets(q)
    : await central.search(q, 50)
  return `${found.totalIsExact ? '' : 'at least '}${found.total}`
}
