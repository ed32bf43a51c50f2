/**
 * An agent as central meets it: a real Ed25519 key, real frames over a real WebSocket. It keeps no inventory of its own;
 * tests say what it reports and how it answers.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { WebSocket } from 'ws'
import type { MachineId } from '../../../server/protocol/ids.ts'
import {
  type BucketChoice,
  type FrameToAgent,
  FrameToAgent as FrameToAgentSchema,
  helloText,
  type InventoryDelta,
  type RequestFrame,
} from '../../../server/protocol/link-frames.ts'
import type { ReportedStream, StreamKey } from '../../../server/protocol/stream.ts'
import { PROTOCOL_VERSION } from '../../../server/protocol/version.ts'
import {
  encodeDelta,
  encodeToCentral,
  frameDecoder,
  parseFrame,
} from '../../../server/shared/frame-codec.ts'
import { addToDigest, EMPTY_DIGEST, streamDigest } from '../../../server/shared/inventory-digest.ts'
import { bindingOf } from '../../../server/shared/tls-binding.ts'

const decode = frameDecoder<FrameToAgent>(FrameToAgentSchema)

type Welcome = Extract<FrameToAgent, { type: 'welcome' }>
type Reply = { status: number; body: unknown } | undefined

export interface HelloChanges {
  machineId?: string
  protocol?: number
  signWith?: KeyObject
  epoch?: string
  isScanDue?: boolean
  binding?: string
}

/** A delta without what most tests do not care for. */
export type DeltaChanges = Partial<Omit<InventoryDelta, 'resync'>> & {
  resync?: { id: string; isLast: boolean; buckets?: BucketChoice }
}

export class TestAgent {
  readonly keys = generateKeyPairSync('ed25519')
  epoch = randomBytes(16).toString('hex')
  readonly hostname: string
  machineId = '' as MachineId
  socket!: WebSocket
  /** Every frame that came and was not waited for yet. */
  readonly frames: FrameToAgent[] = []
  readonly requests: RequestFrame[] = []
  closeCode: number | null = null
  /** Of the TLS session; null without TLS. */
  binding: string | null = null
  /** Undefined: no answer at all. */
  answer: (request: RequestFrame) => Reply | Promise<Reply> = () => undefined
  #sequence = 0
  /** Said in the last hello; only of the newest are frames checked. */
  #protocol: number = PROTOCOL_VERSION

  constructor(hostname: string) {
    this.hostname = hostname
  }

  get facts() {
    return {
      hostname: this.hostname,
      platform: 'win32',
      osRelease: '10.0.22631',
      architecture: 'x64',
      agentVersion: '0.1.0',
    }
  }

  get publicKey(): string {
    return this.keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  }

  async enrol(url: string, token: string): Promise<{ status: number; body: { code?: string } }> {
    const response = await fetch(`${url}/agent/v1/enrol`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, publicKey: this.publicKey, facts: this.facts }),
    })
    const body = (await response.json()) as { machineId?: MachineId; code?: string }
    if (body.machineId !== undefined) this.machineId = body.machineId
    return { status: response.status, body }
  }

  /** Resolves with the challenge's nonce; says nothing yet. */
  async open(url: string): Promise<string> {
    this.frames.length = 0
    this.closeCode = null
    const socket = new WebSocket(`${url.replace('http', 'ws')}/agent/v1`)
    this.socket = socket
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      const isNewest = this.#protocol === PROTOCOL_VERSION
      this.#take(isNewest ? decode(data, isBinary) : (parseFrame(data, isBinary) as FrameToAgent))
    })
    socket.on('upgrade', (response) => {
      this.binding = bindingOf(response.socket)
    })
    socket.on('close', (code) => {
      if (this.socket === socket) this.closeCode = code
    })
    socket.on('error', () => {})
    return (await this.next('challenge')).nonce
  }

  hello(nonce: string, changes: HelloChanges = {}): void {
    const machineId = changes.machineId ?? this.machineId
    const protocol = changes.protocol ?? PROTOCOL_VERSION
    this.#protocol = protocol
    const proof = { binding: changes.binding ?? this.binding, nextKey: null }
    const text = Buffer.from(helloText(nonce, machineId, { protocol, ...proof }))
    this.send({
      ...proof,
      type: 'hello',
      protocol,
      machineId,
      signature: sign(null, text, changes.signWith ?? this.keys.privateKey).toString('base64'),
      facts: this.facts,
      epoch: changes.epoch ?? this.epoch,
      isScanDue: changes.isScanDue ?? false,
    })
  }

  async connect(url: string, changes: HelloChanges = {}): Promise<Welcome> {
    this.hello(await this.open(url), changes)
    const welcome = await this.next('welcome')
    this.#sequence = welcome.resume.sequence
    return welcome
  }

  send(frame: object): void {
    this.socket.send(encodeToCentral(frame))
  }

  /** Sends a delta and waits for its ack. */
  async report(upserts: ReportedStream[], more: DeltaChanges = {}): Promise<void> {
    const sequence = this.delta(upserts, more)
    const ack = await this.next('inventory.ack')
    if (ack.sequence !== sequence) throw new Error(`ack ${ack.sequence}, not ${sequence}`)
  }

  delta(upserts: ReportedStream[], more: DeltaChanges = {}): number {
    this.#sequence = more.sequence ?? this.#sequence + 1
    const head = { type: 'inventory.delta', gone: [] as StreamKey[] }
    const resync = more.resync ? { buckets: null, ...more.resync } : null
    const delta = { ...head, upserts, ...more, resync, sequence: this.#sequence }
    this.socket.send(encodeDelta(delta))
    return this.#sequence
  }

  /** Tells central that it may write on the volume of `stream()`. */
  finishScan(changes: object = {}): void {
    this.send({
      type: 'scan.finished',
      summary: {
        scanId: '00000000-0000-4000-8000-000000000001',
        state: 'complete',
        startedAt: '2026-11-22T10:00:00Z',
        finishedAt: '2026-11-22T10:01:00Z',
        carriersSeen: 10,
        streamsFound: 1,
        unreadableCount: 0,
        unreadable: [],
        volumes: [volume()],
        message: '',
        ...changes,
      },
    })
  }

  async next<Type extends FrameToAgent['type']>(
    type: Type,
  ): Promise<Extract<FrameToAgent, { type: Type }>> {
    const end = Date.now() + 5_000
    while (Date.now() < end) {
      const index = this.frames.findIndex((frame) => frame.type === type)
      if (index >= 0)
        return this.frames.splice(index, 1)[0] as Extract<FrameToAgent, { type: Type }>
      if (this.closeCode !== null) throw new Error(`closed with ${this.closeCode}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    throw new Error(`no ${type} came`)
  }

  async closed(): Promise<number> {
    const end = Date.now() + 5_000
    while (this.closeCode === null && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    if (this.closeCode === null) throw new Error('the socket stayed open')
    return this.closeCode
  }

  disconnect(): void {
    this.socket?.terminate()
  }

  #take(frame: FrameToAgent): void {
    if (frame.type !== 'request') {
      this.frames.push(frame)
      return
    }
    this.requests.push(frame)
    void Promise.resolve(this.answer(frame)).then((reply) => {
      if (reply !== undefined) this.send({ type: 'response', id: frame.id, ...reply })
    })
  }
}

export function volume(changes: object = {}) {
  return {
    volumeId: 'ntfs-0123456789abcdef',
    root: 'C:\\',
    label: 'System',
    fileSystem: 'NTFS',
    provider: 'win32',
    isWritable: true,
    ...changes,
  }
}

/** A Mark of the Web on a downloaded installer. */
export function stream(changes: Partial<ReportedStream> = {}): ReportedStream {
  const path = changes.path ?? 'C:\\Downloads\\setup.exe'
  return {
    volumeId: 'ntfs-0123456789abcdef',
    identity: 'ntfs:281474976710700',
    stream: 'Zone.Identifier',
    path,
    links: [path],
    kind: 'file',
    sizeBytes: 120,
    allocatedBytes: 0,
    isResident: true,
    modifiedAt: '2026-11-20T08:00:00.1234567Z',
    sha256: 'a'.repeat(64),
    origin: {
      id: 3,
      hostUrl: 'https://cdn.example.com/setup.exe',
      referrerUrl: 'https://example.com/download',
      hostIpAddress: null,
      lastWriterPackageFamilyName: null,
      appZoneId: null,
      appDefinedZoneId: null,
    },
    verdict: 'mark',
    rule: 'zone-identifier',
    ...changes,
  } as ReportedStream
}

/** Distinct carriers, all with a mark. */
export function streams(count: number, changes: Partial<ReportedStream> = {}): ReportedStream[] {
  return Array.from({ length: count }, (_, index) =>
    stream({
      identity: `ntfs:${1000 + index}` as ReportedStream['identity'],
      path: `C:\\Downloads\\file-${index}.exe`,
      ...changes,
    }),
  )
}

export function keyOf({ volumeId, identity, stream: name }: ReportedStream): StreamKey {
  return { volumeId, identity, stream: name }
}

export function inventoryOf(all: readonly ReportedStream[]): { count: number; digest: string } {
  const digest = all.map(streamDigest).reduce(addToDigest, EMPTY_DIGEST)
  return { count: all.length, digest }
}
