/** Which machines: what is given must all hold. An empty one is refused; `isAll` says that all are meant. */
import { type Static, Type } from 'typebox'
import { Label } from '../ask.ts'
import { MachineId } from '../ids.ts'

const strict = { additionalProperties: false } as const
const Glob = (what: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: `Glob over ${what}` }))

/** Globs (`*`, `?`, `\` before one of them) over what an agent says of its machine; case is ignored. */
export const FactsCondition = Type.Object(
  {
    hostname: Glob('the host name'),
    platform: Glob('the platform: win32, linux'),
    osRelease: Glob('the release of the system'),
    architecture: Glob('the architecture'),
    agentVersion: Glob('the version of the agent'),
  },
  { ...strict, minProperties: 1 },
)
export type FactsCondition = Static<typeof FactsCondition>

export const MachineSelector = Type.Object(
  {
    isAll: Type.Optional(Type.Literal(true)),
    machineIds: Type.Optional(Type.Array(MachineId, { minItems: 1, maxItems: 10_000 })),
    labels: Type.Optional(
      Type.Array(Label, { minItems: 1, maxItems: 64, description: 'Machines with any of them' }),
    ),
    facts: Type.Optional(FactsCondition),
  },
  { ...strict, minProperties: 1 },
)
export type MachineSelector = Static<typeof MachineSelector>
