/** Starts openid-provider-process.ts. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

const PROGRAM = join(import.meta.dirname, 'openid-provider-process.ts')
const SECRET = 'only the client and the provider know this'

export interface OpenIdProviderProcess {
  issuer: string
  /** Writes an openid.json, and its secret beside it, into the folder. Returns its path. */
  writeConfig(folder: string, changes?: object): string
  stop(): Promise<void>
}

/** `consoleUrl`: of the central that people come back to. */
export async function startOpenIdProvider(consoleUrl: string): Promise<OpenIdProviderProcess> {
  const port = await freePort()
  const child = spawn(process.execPath, [PROGRAM, String(port), SECRET, consoleUrl], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'exit')
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(([code]) => {
      throw new Error(`the OpenID provider ended with ${code}`)
    }),
  ])
  const issuer = `http://127.0.0.1:${port}`
  return {
    issuer,
    writeConfig: (folder, changes = {}) => {
      writeFileSync(join(folder, 'client.secret'), `${SECRET}\n`)
      const file = join(folder, 'openid.json')
      const settings = {
        issuer,
        clientId: 'sidestream',
        clientSecretFile: 'client.secret',
        consoleUrl,
        label: 'Example ID',
        roles: [
          { value: 'stream-operators', role: 'operator' },
          { value: 'stream-viewers', role: 'viewer' },
        ],
        ...changes,
      }
      writeFileSync(file, JSON.stringify(settings))
      return file
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
