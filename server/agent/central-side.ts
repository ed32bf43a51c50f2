import type { Logger } from '../shared/logger.ts'
import { AGENT_VERSION } from './agent-version.ts'
import { type Enrolment, type Identity, writeIdentity } from './config.ts'
import type { Link, LinkStatus } from './link/link.ts'
import type { LinkTimings } from './link/reconnect-policy.ts'
import { enrolmentFacts } from './machine-facts.ts'
import { currentBoot } from './trust/boot.ts'
import { CentralDoor, type HttpProxy } from './trust/central-door.ts'
import { Joiner } from './trust/joiner.ts'
import { MachineIdentity } from './trust/machine-identity.ts'

export interface CentralSideOptions {
  readonly stateDir: string
  readonly name: string | undefined
  readonly proxy: HttpProxy | undefined
  /** Default: what the system says of this boot. */
  readonly boot: string | undefined
  readonly timings: LinkTimings
  readonly logger: Logger
}

/** Whom this machine belongs to: nobody, a central that it asks to be taken, or one that it is linked to. */
export class CentralSide {
  readonly #options: CentralSideOptions
  readonly #makeLink: (identity: MachineIdentity, door: CentralDoor) => Link
  #joiner: Joiner | null = null
  identity: MachineIdentity | null = null
  door: CentralDoor | null = null
  link: Link | null = null

  constructor(
    options: CentralSideOptions,
    makeLink: (identity: MachineIdentity, door: CentralDoor) => Link,
  ) {
    this.#options = options
    this.#makeLink = makeLink
  }

  status(): LinkStatus {
    const off = { state: 'off', message: 'This machine is not enrolled.', code: '' } as const
    return this.link?.status() ?? this.#joiner?.status() ?? off
  }

  join(enrolment: Enrolment): void {
    const { name, boot, ...options } = this.#options
    const tools = {
      ...options,
      facts: enrolmentFacts(AGENT_VERSION, name),
      boot: boot ?? currentBoot(),
      onJoined: (identity: Identity) => this.connect(identity),
    }
    this.#joiner = new Joiner(tools, enrolment)
    this.#joiner.start()
  }

  connect(kept: Identity): void {
    const { stateDir, proxy, timings } = this.#options
    const identity = new MachineIdentity(kept, (changed) => writeIdentity(stateDir, changed))
    this.identity = identity
    this.door = new CentralDoor({
      centralUrl: identity.centralUrl,
      pins: () => identity.pins,
      proxy,
      answerMs: timings.answerMs,
    })
    this.link = this.#makeLink(identity, this.door)
    this.link.start()
  }

  async close(): Promise<void> {
    await this.#joiner?.close()
    await this.link?.close()
  }
}
