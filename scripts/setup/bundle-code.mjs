/** usage: node scripts/setup/bundle-code.mjs: puts the code of the usual scan, and of all commands, into few files. */
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { rolldown } from 'rolldown'
import { CLI, describeSource, SCAN } from '../../server/cli/bundles.mjs'
import { root } from './runtime.mjs'

/** Of other listings and of a terminal: left where they are, and loaded from there. */
const SELDOM = /\/(record-listing|scan-progress)\.ts$/

const seldomLeft = {
  name: 'leave-seldom',
  resolveId: {
    filter: { id: SELDOM },
    handler: (id, importer) => ({
      id: seenFrom(SCAN, join(dirname(importer), id)),
      external: true,
    }),
  },
}

/** What a source finds beside itself stays there. */
const placesKept = (bundle) => ({
  name: 'keep-places',
  transform: {
    filter: { id: /\/(server|native)\/.*\.ts$/, code: /\bimport\.meta\.(url|dirname)\b/ },
    handler(code, id) {
      const place = seenFrom(bundle, id)
      return code
        .replaceAll(
          'import.meta.dirname',
          `import.meta.dirname + ${JSON.stringify(`/${dirname(place)}`)}`,
        )
        .replaceAll('import.meta.url', `new URL(${JSON.stringify(place)}, import.meta.url).href`)
    },
  },
})

/** To import `node:http` as a module of ECMAScript reads all it exports, and so loads its WebSocket: 15 MB. */
const PLAIN_HTTP = '\0plain-http.cjs'
const plainHttp = {
  name: 'plain-http',
  resolveId: { filter: { id: /^(node:)?http$/ }, handler: () => PLAIN_HTTP },
  load: {
    filter: { id: /plain-http\.cjs$/ },
    handler: () => 'module.exports = process.getBuiltinModule("node:http")',
  },
}

/** One letter beyond Latin-1, and V8 keeps two bytes for each of a whole file. */
const inAscii = {
  name: 'in-ascii',
  generateBundle(_options, files) {
    for (const file of Object.values(files)) file.code = file.code?.replace(/[^\0-\x7f]/g, escaped)
  },
}

/** One of UTF-16's units, as texts, patterns and templates all read it. */
function escaped(unit) {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

await write(SCAN, 'server/cli/usual-scan.ts', [seldomLeft, placesKept(SCAN), inAscii], {
  codeSplitting: false,
  minify: true,
})
// Names stay: the log of a fault should be worth reading.
await write(CLI, 'server/cli/main.ts', [plainHttp, placesKept(CLI), inAscii], {
  minify: { mangle: false },
})

async function write(bundle, input, plugins, options) {
  const made = await rolldown({
    input: { [bundle.entry]: input },
    cwd: root,
    platform: 'node',
    // They find parts of theirs beside themselves: what is compiled, and the code of threads.
    external: ['better-sqlite3', 'piscina'],
    plugins,
  })
  rmSync(bundle.folder, { recursive: true, force: true })
  const { output } = await made.write({
    dir: bundle.folder,
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    ...options,
  })
  await made.close()
  // The packages' own files come with the lock, which setup looks at itself.
  const sources = output
    .flatMap(({ moduleIds }) => moduleIds ?? [])
    .filter((id) => isAbsolute(id) && !id.includes(`${sep}node_modules${sep}`))
    .map((id) => relative(root, id).replaceAll(sep, '/'))
  writeFileSync(bundle.sources, JSON.stringify([...new Set(sources)].map(describeSource)))
}

function seenFrom({ folder }, path) {
  return relative(folder, path).replaceAll(sep, '/')
}
