/** usage: node scripts/setup/bundle-scan.mjs: puts the code of the usual scan into one file. */
import { writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { rolldown } from 'rolldown'
import { BUNDLE, describeSource, SOURCES } from '../../server/cli/scan-bundle.mjs'
import { root } from './runtime.mjs'

/** Of other listings and of a terminal: left where they are, and loaded from there. */
const SELDOM = /\/(record-listing|scan-progress)\.ts$/

/** As the bundle has to name it. */
const leave = (id, importer) => ({
  id: relative(dirname(BUNDLE), join(dirname(importer), id)).replaceAll(sep, '/'),
  external: true,
})

const bundle = await rolldown({
  input: 'server/cli/usual-scan.ts',
  cwd: root,
  platform: 'node',
  plugins: [{ name: 'leave-seldom', resolveId: { filter: { id: SELDOM }, handler: leave } }],
})
const { output } = await bundle.write({
  file: BUNDLE,
  codeSplitting: false,
  minify: true,
})
await bundle.close()
// The bundler's own parts come with the locked packages, which setup looks at itself.
const sources = output[0].moduleIds
  .filter((id) => isAbsolute(id))
  .map((id) => relative(root, id).replaceAll(sep, '/'))
writeFileSync(SOURCES, JSON.stringify(sources.map(describeSource)))
