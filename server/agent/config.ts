/** `agent.json` in the state folder: what a person may set, and `identity.json`, which only enrolment writes. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { MachineId } from '../protocol/ids.ts'
import { AppError } from '../shared/app-error.ts'
import { writeFileAtomically } from './atomic-file.ts'

/** What a machine lets anybody strip until its owner says more. */
export const DEFAULT_ALLOWED_STREAMS: readonly string[] = ['Zone.Identifier']

const strict = { additionalProperties: false } as const
const Place = Type.String({ minLength: 1, maxLength: 4_096 })

export const AgentConfig = Type.Object(
  {
    scope: Type.Array(Place, {
      minItems: 1,
      maxItems: 256,
      description: 'Folders, volumes and images that are scanned; absolute paths',
    }),
    exclude: Type.Array(Place, { maxItems: 1_024, default: [] }),
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'How people know this machine, where its host name does not tell',
      }),
    ),
    allowedStreams: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      maxItems: 256,
      default: [...DEFAULT_ALLOWED_STREAMS],
      description:
        'Globs over the names of streams that may be stripped here; policy.json, where there is one, stands instead',
    }),
    smbConf: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4_096,
        description:
          'smb.conf of this machine’s Samba server, where that is not /etc/samba/smb.conf; absolute path',
      }),
    ),
  },
  strict,
)
export type AgentConfig = Static<typeof AgentConfig>

/** Who this machine is to its central. The file is the secret: whoever has it is this machine. */
export const Identity = Type.Object(
  {
    machineId: MachineId,
    centralUrl: Type.String({ pattern: '^https?://' }),
    /** Ed25519, PKCS #8 PEM. */
    privateKey: Type.String(),
  },
  strict,
)
export type Identity = Static<typeof Identity>

const configValidator = Compile(AgentConfig)
const identityValidator = Compile(Identity)

/** Null where there is none. Throws CONFIG_INVALID in one line. */
export function readConfig(stateDir: string): AgentConfig | null {
  const path = join(stateDir, 'agent.json')
  const value = readJson(path)
  return value === null ? null : checkConfig(path, Value.Default(AgentConfig, value))
}

/** `where` names the source in the error. */
export function checkConfig(where: string, value: unknown): AgentConfig {
  if (!configValidator.Check(value)) {
    const fault = configValidator.Errors(value)[0]
    throw invalid(where, `${fault?.instancePath || '/'} ${fault?.message}`)
  }
  const places = [...value.scope, ...value.exclude]
  if (value.smbConf !== undefined) places.push(value.smbConf)
  const relative = places.find((place) => !isAbsolutePlace(place))
  if (relative !== undefined) throw invalid(where, `"${relative}" is no absolute path`)
  return value
}

export function writeConfig(stateDir: string, config: AgentConfig): void {
  writeFileAtomically(join(stateDir, 'agent.json'), `${JSON.stringify(config, null, 2)}\n`)
}

/** Null until enrolled. */
export function readIdentity(stateDir: string): Identity | null {
  const path = join(stateDir, 'identity.json')
  const value = readJson(path)
  if (value === null) return null
  if (!identityValidator.Check(value)) throw invalid(path, 'enrol again after removing it')
  return value
}

export function writeIdentity(stateDir: string, identity: Identity): void {
  writeFileAtomically(join(stateDir, 'identity.json'), `${JSON.stringify(identity, null, 2)}\n`)
}

/** What an agent puts into its state folder. */
const OURS =
  /^((agent|identity|policy|enrolment)\.json(\.part)?|agent\.sock|quarantine|state\.db(-wal|-shm|-journal)?)$/

/** Only its owner may look into it: it holds the machine's key and removed streams. */
export function makeStateDir(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    if (process.platform !== 'win32' && (statSync(stateDir).mode & 0o077) !== 0) {
      closeToOthers(stateDir)
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError(
      'STATE_UNUSABLE',
      500,
      `${stateDir} cannot be used as state folder: ${(cause as Error).message}. Choose one that you may write to.`,
      { cause },
    )
  }
}

/** Never a folder that is used for something else: /tmp with 0700 would stop the machine. */
function closeToOthers(stateDir: string): void {
  const foreign = readdirSync(stateDir).find((name) => !OURS.test(name))
  if (foreign !== undefined) {
    throw new AppError(
      'STATE_UNUSABLE',
      500,
      `${stateDir} is open to other users and holds other things (${foreign}). Choose a folder of its own.`,
    )
  }
  chmodSync(stateDir, 0o700)
}

function readJson(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw invalid(path, (cause as Error).message)
  }
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message would quote the content, and one of these files holds a key.
    throw invalid(path, 'it is no JSON')
  }
}

/** `C:` is a volume, and so absolute here. */
function isAbsolutePlace(place: string): boolean {
  return isAbsolute(place) || /^[A-Za-z]:$/.test(place)
}

function invalid(where: string, fault: string): AppError {
  return new AppError('CONFIG_INVALID', 500, `${where} cannot be used: ${fault}.`)
}
