/** Runs TypeScript in a process of its own: as another user, or where a crash must not end the tests. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** nobody's uid on Linux. */
export const OTHER_UID = 65534

export interface ChildResult {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * `body` is the inside of an async function that sees `addon`, `support` (support/native.ts) and `args`;
 * what it returns is printed as JSON, bigints as strings.
 */
export function runChild(
  body: string,
  args: readonly unknown[] = [],
  nodeFlags: readonly string[] = [],
): ChildResult {
  const support = new URL('./native.ts', import.meta.url)
  const script = `
    import * as support from ${JSON.stringify(fileURLToPath(support))}
    const { addon } = support
    const args = ${JSON.stringify(args)}
    const result = await (async () => { ${body} })()
    console.log(JSON.stringify(result ?? null, (_, v) => typeof v === 'bigint' ? String(v) : v))`
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...nodeFlags, '--input-type=module', '--eval', script],
    { encoding: 'utf8', timeout: 60_000 },
  )
  return { status, signal, stdout, stderr }
}

/** The same without root's rights; returns what `body` returned. */
export function runUnprivileged<T>(body: string, args: readonly unknown[] = []): T {
  // Dropped after the addon is loaded: the checkout need not be readable for the other user.
  const drop = `if (process.getuid() === 0) {
    process.setgroups([]); process.setgid(${OTHER_UID}); process.setuid(${OTHER_UID})
  }`
  const { status, stdout, stderr } = runChild(`${drop}\n${body}`, args)
  if (status !== 0) throw new Error(`child failed: ${stderr}`)
  return JSON.parse(stdout) as T
}
