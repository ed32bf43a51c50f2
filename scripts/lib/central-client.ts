/** A small client of central's HTTP API, signed in as a person would be. */
import type { ScanStarted } from '../../server/protocol/agent-api.ts'
import type { Enrolment } from '../../server/protocol/api/enrolments.ts'
import type { Machine, MachineDetail, MachinePage } from '../../server/protocol/api/machines.ts'
import type { OrderPolicy } from '../../server/protocol/api/order-policy.ts'
import type { OrderPreview } from '../../server/protocol/api/order-previews.ts'
import type { OrderTargetPage } from '../../server/protocol/api/order-targets.ts'
import type { Order } from '../../server/protocol/api/orders.ts'
import type { StreamFacets, StreamPage } from '../../server/protocol/api/streams.ts'
import type { NewUser, User } from '../../server/protocol/api/users.ts'
import type { ErrorReply } from '../../server/protocol/errors.ts'

export class CentralClient {
  readonly url: string
  #cookie = ''

  constructor(url: string) {
    this.url = url
  }

  async signIn(username: string, password: string): Promise<void> {
    const response = await this.#send('POST', '/session', { username, password })
    this.#cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
  }

  createEnrolment(uses: number): Promise<Enrolment> {
    return this.#ask('POST', '/enrolments', { uses, validForSeconds: 3_600 })
  }

  async machines(): Promise<Machine[]> {
    return (await this.#ask<MachinePage>('GET', '/machines?limit=100')).machines
  }

  machine(machineId: string): Promise<MachineDetail> {
    return this.#ask('GET', `/machines/${machineId}`)
  }

  startScan(machineId: string): Promise<ScanStarted> {
    return this.#ask('POST', `/machines/${machineId}/scan`, {})
  }

  search(query: string, limit = 100): Promise<StreamPage> {
    return this.#ask('GET', `/streams?limit=${limit}&q=${encodeURIComponent(query)}`)
  }

  facets(query: string): Promise<StreamFacets> {
    return this.#ask('GET', `/streams/facets?q=${encodeURIComponent(query)}`)
  }

  previewOrder(streamIds: number[]): Promise<OrderPreview> {
    const selection = { streamIds }
    return this.#ask('POST', '/orders/previews?waitMs=20000', { action: 'strip', selection })
  }

  async strip(streamIds: number[], confirmCount: number, reason: string): Promise<Order> {
    const { previewId } = await this.previewOrder(streamIds)
    return this.#ask('POST', '/orders', { previewId, confirmCount, reason })
  }

  undo(orderId: string, confirmCount: number, reason: string): Promise<Order> {
    return this.#ask('POST', `/orders/${orderId}/undo`, { confirmCount, reason })
  }

  order(orderId: string): Promise<Order> {
    return this.#ask('GET', `/orders/${orderId}`)
  }

  setOrderPolicy(policy: OrderPolicy): Promise<OrderPolicy> {
    return this.#ask('PUT', '/orders/policy', policy)
  }

  addUser(user: NewUser): Promise<User> {
    return this.#ask('POST', '/users', user)
  }

  /** For what has no method here. */
  send<Reply>(method: string, path: string, body?: object): Promise<Reply> {
    return this.#ask(method, path, body)
  }

  get cookie(): string {
    return this.#cookie
  }

  orderTargets(orderId: string): Promise<OrderTargetPage> {
    return this.#ask('GET', `/orders/${orderId}/targets?limit=100`)
  }

  async #ask<Reply>(method: string, path: string, body?: object): Promise<Reply> {
    return (await (await this.#send(method, path, body)).json()) as Reply
  }

  async #send(method: string, path: string, body?: object): Promise<Response> {
    const headers: Record<string, string> = { cookie: this.#cookie }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (response.ok) return response
    const { code, message } = (await response.json()) as ErrorReply
    throw new Error(`${method} ${path}: ${message} [${code}]`)
  }
}
