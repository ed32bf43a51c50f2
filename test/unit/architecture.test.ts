/**
 * Who may import whom. ARCHITECTURE.md explains the rooms; this file holds the rules. Each says why, and
 * the reason is what a failing run prints.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { importsOf, type SourceFile, sourcesBelow } from '../support/source-imports.ts'

interface Rule {
  in: RegExp
  mayNotImport: RegExp
  because: string
}

const TYPESCRIPT_RULES: Rule[] = [
  {
    in: /^server\/protocol\//,
    mayNotImport: /^(?!server\/protocol\/|typebox$)/,
    because: 'browser, agent and central load the protocol; it must be plain data',
  },
  {
    in: /^server\/streams\//,
    mayNotImport: /^(?!server\/(streams|protocol)\/|chevrotain$|typebox$)/,
    because: 'the domain is pure: no I/O, no clock, so that it runs and is tested anywhere',
  },
  {
    in: /^server\/shared\//,
    mayNotImport: /^(server\/(agent|central|cli|streams)\/|native\/|web\/)/,
    because: 'shared things are small and know nothing of who uses them',
  },
  {
    in: /^server\/agent\//,
    mayNotImport: /^(server\/(central|cli)\/|web\/)/,
    because: 'an agent must be able to ship without any of central in it',
  },
  {
    in: /^server\/agent\/(ask|scan|strip)\//,
    mayNotImport: /^server\/agent\/link\//,
    because: 'disk work knows nothing of who asked; start-agent.ts joins it to the link',
  },
  {
    in: /^server\/central\//,
    mayNotImport: /^(server\/(agent|cli)\/|native\/|web\/)/,
    because: 'central runs on machines without NTFS and never touches a machine’s file itself',
  },
  {
    in: /^server\/central\/(http|link)\//,
    mayNotImport: /^server\/central\/store\/(?!.*-types\.ts$)|^better-sqlite3$/,
    because: 'routes and links ask services; whoever holds a store can skip permission and audit',
  },
  {
    in: /^server\/central\/store\//,
    mayNotImport: /^(fastify|ws|@fastify\/.*|server\/central\/(?!store\/))/,
    because: 'the store keeps data and knows nothing of who asked',
  },
  {
    in: /^server\/(?!central\/store\/|agent\/state\/)/,
    mayNotImport: /^better-sqlite3$/,
    because: 'SQL lives in central/store and agent/state, and nowhere else',
  },
  {
    in: /^web\//,
    mayNotImport: /^(server\/(agent|central|cli|shared)\/|native\/|node:)/,
    because: 'the console knows central by its HTTP API alone',
  },
  {
    in: /^native\//,
    mayNotImport: /^(server|web|test|scripts)\//,
    because: 'the addon and its TypeScript face serve the product and do not know it',
  },
  {
    in: /^server\/cli\//,
    mayNotImport: /^server\/(central|agent)\/[^/]+\//,
    because: 'the CLI starts central and agent by their front doors, never by their insides',
  },
  {
    in: /^(server|web|native)\//,
    mayNotImport: /^(test|scripts)\//,
    because: 'what ships must not lean on what tests and builds it',
  },
]

const CPP_RULES: Rule[] = [
  {
    in: /^native\/(?!binding\/)/,
    mayNotImport: /^(napi\.h|node_api\.h|js_native_api\.h|v8.*|node\.h)$/,
    because: 'only binding/ knows JavaScript: the rest is tested and fuzzed without it',
  },
  {
    in: /^native\/(?!platform\/windows\/)/,
    mayNotImport: /^(windows\.h|winternl\.h|winioctl\.h)$/i,
    because: 'platform code is chosen by the build, not by conditions inside files',
  },
  {
    in: /^native\/ntfs\//,
    mayNotImport: /^(fstream|iostream|cstdio|stdio\.h|fcntl\.h|unistd\.h|sys\/.*|thread|mutex)$/,
    because: 'decoding takes bytes and gives values, so that a fuzzer reaches all of it',
  },
  {
    in: /^native\/ntfs\//,
    mayNotImport: /^(binding|platform|volume|streams)\//,
    because: 'decoding is the lowest floor but base/',
  },
  {
    in: /^native\/(base|streams)\//,
    mayNotImport: /^(binding\/|ntfs\/)/,
    because: 'the seam and the helpers do not know who stands on them',
  },
  {
    in: /^native\/listing\//,
    mayNotImport:
      /^(binding|platform|volume|ntfs)\/|^(fstream|iostream|cstdio|stdio\.h|fcntl\.h|unistd\.h|sys\/.*)$/,
    because:
      'a line follows from what was found: it is made without I/O, so that tests reach all of it',
  },
  {
    in: /^native\/volume\//,
    mayNotImport: /^(binding\/|platform\/)/,
    because: 'raw volumes are read the same way on every system',
  },
]

const typescript = ['server', 'native', 'web'].flatMap((folder) => sourcesBelow(folder, /\.tsx?$/))
const cpp = sourcesBelow('native', /\.(cc|h)$/)

function violations(sources: SourceFile[], rule: Rule): string[] {
  return sources
    .filter((file) => rule.in.test(file.path))
    .flatMap((file) =>
      file.imports.filter((t) => rule.mayNotImport.test(t)).map((t) => `${file.path} imports ${t}`),
    )
}

describe('who may import whom', () => {
  it('looks at the sources at all', () => {
    expect(typescript.length).toBeGreaterThan(40)
    expect(cpp.length).toBeGreaterThan(20)
  })

  it.each(TYPESCRIPT_RULES)('$in may not import $mayNotImport, because $because', (rule) => {
    expect(violations(typescript, rule), rule.because).toEqual([])
  })

  it.each(CPP_RULES)('$in may not include $mayNotImport, because $because', (rule) => {
    expect(violations(cpp, rule), rule.because).toEqual([])
  })

  it.each([
    ['server/central/http/x.ts', `import {\n  a,\n} from '../store/streams-store.ts'`],
    ['server/agent/scan/x.ts', `export * from "../link/link.ts"`],
    ['server/agent/x.ts', `await import('../central/app.ts')`],
    ['web/pages/x.tsx', `import type { A } from '../../server/agent/app.ts'`],
    ['server/protocol/x.ts', `import 'node:fs'`],
  ])('sees a violation in %s however it is written', (path, text) => {
    const file = { path, imports: importsOf(path, text) }
    expect(TYPESCRIPT_RULES.flatMap((rule) => violations([file], rule))).not.toEqual([])
  })

  it.each([
    ['native/ntfs/x.cc', '#include <fstream>'],
    ['native/volume/x.cc', '#  include <windows.h>'],
    ['native/streams/x.h', '#include "napi.h"'],
  ])('sees a violation in %s', (path, text) => {
    const file = { path, imports: importsOf(path, text) }
    expect(CPP_RULES.flatMap((rule) => violations([file], rule))).not.toEqual([])
  })
})

describe('what stands where', () => {
  it('has the agreed folders at the top, and no others', () => {
    const folders = readdirSync('.', { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .filter((name) => name !== 'node_modules' && name !== 'build')
    expect(folders.sort()).toEqual(['native', 'scripts', 'server', 'test', 'web'])
  })

  it.each([
    {
      what: 'process.env and process.argv',
      pattern: /process\.(env|argv)\b/,
      allowed: /^server\/cli\//,
      because: 'only the entry reads its surroundings; everything else is given what it needs',
    },
    {
      what: 'SQL',
      pattern: /^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE)\b/m,
      allowed: /^server\/(central\/store|agent\/state)\//,
      because: 'SQL has one home on each side, where it is prepared and reviewed',
    },
    {
      what: 'dangerouslySetInnerHTML or innerHTML',
      pattern: /dangerouslySetInnerHTML|\.innerHTML\b|insertAdjacentHTML|document\.write/,
      allowed: /^$/,
      because: 'names and contents are chosen by attackers; they become text, never markup',
    },
  ])('keeps $what in its place, because $because', ({ pattern, allowed, because }) => {
    const found = typescript
      .map((file) => file.path)
      .filter((path) => !allowed.test(path) && pattern.test(readFileSync(path, 'utf8')))
    expect(found, because).toEqual([])
  })
})
