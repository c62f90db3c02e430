import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Dispatcher, Pool } from 'undici'
import type { Line } from './returns.ts'
import { until } from './until.ts'

export interface Money {
  amount: number
  currency: string
}

export interface Order {
  orderId: string
  customerId: string
  status: string
  reason?: string
  coordination: Coordination
  items: { sku: string; name: string; quantity: number; unitPrice: Money; lineTotal: Money }[]
  total: Money
  payment: { status: string; authorized: Money; captured: Money; refunded: Money }
  shipment?: { status: string; trackingNumber?: string }
  placedAt: string
  updatedAt: string
  /** Whose part is not in it. */
  missing?: string[]
  timeline: { at: string; type: string; messageId: string }[]
}

export interface OrderRequest {
  customerId: string
  items: { sku: string; quantity: number }[]
  payment: { token: string }
  shippingAddress: { name: string; line1: string; city: string; postalCode: string; country: string }
  coordination?: Coordination
}
export type Coordination = 'orchestrated' | 'choreographed'

export interface Answer<T> {
  status: number
  headers: { get(name: string): string | null }
  body: T
}

export const shippingAddress = {
  name: 'Ada Lindqvist',
  line1: 'Storgatan 1',
  city: 'Umea',
  postalCode: '90326',
  country: 'SE',
}

export interface OrderOptions {
  customerId?: string
  token?: string
  coordination?: Coordination
}

export const orderOf = (
  items: Record<string, number>,
  { customerId = 'cust-0001', token = 'tok_ok', coordination }: OrderOptions = {},
): OrderRequest => ({
  customerId,
  items: Object.entries(items).map(([sku, quantity]) => ({ sku, quantity })),
  payment: { token },
  shippingAddress,
  ...(coordination && { coordination }),
})

export const TERMINAL = new Set(['completed', 'rejected', 'cancelled'])

/** For an answer to one look, by whoever looks. */
const LONGEST_WAIT_MS = 10_000
/** Of this test file; how many were repeated because the answer was 503 or 504 is reported at its end. */
export const reads = { asked: 0, repeated: 0 }

/** An idle connection may be closed by the other side just when it is used again: a look is as good a moment later. */
const brokenOff = <T>(error: unknown): Answer<T> => {
  if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
  return { status: 503, headers: { get: () => null }, body: String(error) as T }
}

/** Talks to a running system as its users do: over REST, at its one address. */
export class Client {
  readonly #pool: Pool

  constructor(readonly url: string) {
    this.#pool = new Pool(url)
  }

  async call<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const answer = await this.#pool.request({
      method: method as Dispatcher.HttpMethod,
      path,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await answer.body.text()
    return {
      status: answer.statusCode,
      headers: { get: (name) => answer.headers[name.toLowerCase()]?.toString() ?? null },
      body: (text === '' ? undefined : JSON.parse(text)) as T,
    }
  }

  /** The body of a GET that must succeed; who is told to come again does so for as long as a user would. */
  async get<T>(path: string): Promise<T> {
    const deadline = performance.now() + LONGEST_WAIT_MS
    reads.asked++
    for (;;) {
      const { status, body } = await this.call<T>('GET', path).catch(brokenOff<T>)
      if (status === 200) return body
      const comeAgain = status === 503 || status === 504
      if (!comeAgain || performance.now() > deadline)
        throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`)
      reads.repeated++
      await pause(200)
    }
  }

  place<T = { orderId: string; status: string; total: Money }>(
    order: unknown,
    key: string = randomUUID(),
  ): Promise<Answer<T>> {
    return this.call<T>('POST', '/api/orders', order, { 'idempotency-key': key })
  }

  /** Places an order as a careful client does: the same key again until there is an answer. */
  async placeSurely(order: OrderRequest, key: string = randomUUID()): Promise<string> {
    const { body } = await surely(
      'an order to be accepted',
      () => this.place(order, key),
      ({ status }) => status === 201,
    )
    return body.orderId
  }

  /** Asks for it until there is an answer: 202, or 409 when it is too late. */
  async cancelSurely(orderId: string): Promise<202 | 409> {
    const { status } = await surely(
      `order ${orderId} to be cancelled`,
      () => this.call('POST', `/api/orders/${orderId}/cancel`),
      ({ status }) => status === 202 || status === 409,
    )
    return status as 202 | 409
  }

  /** Asks for it until there is an answer: the id of the return, or undefined when the order does not take that back. */
  async returnSurely(orderId: string, items: Line[], key: string = randomUUID()): Promise<string | undefined> {
    const [path, wish] = [`/api/orders/${orderId}/returns`, { items, reason: 'a test' }]
    const { status, body } = await surely(
      `order ${orderId} to take something back`,
      () => this.call<{ returnId: string; reason?: string }>('POST', path, wish, { 'idempotency-key': key }),
      ({ status, body }) => status === 202 || body?.reason === 'not_returnable',
    )
    return status === 202 ? body.returnId : undefined
  }

  order(orderId: string): Promise<Order> {
    return this.get<Order>(`/api/orders/${orderId}`)
  }

  /** @throws With what the read model and the saga last said, so that one sees who waits for whom. */
  async terminal(orderId: string, timeoutMs = 90_000): Promise<Order> {
    let last: Order | undefined
    const ended = async () => {
      last = await this.order(orderId)
      return TERMINAL.has(last.status) ? last : undefined
    }
    try {
      return await until(`order ${orderId} to end`, ended, { timeoutMs })
    } catch (error) {
      const saga = await this.get(`/api/orders/${orderId}/saga`).catch(String)
      throw new Error(`${error}; order: ${JSON.stringify(last)}; saga: ${JSON.stringify(saga)}`, { cause: error })
    }
  }

  stock(sku: string): Promise<{ sku: string; onHand: number; reserved: number; available: number; version: number }> {
    return this.get(`/api/stock/${sku}`)
  }

  async operations(
    orderId: string,
  ): Promise<{ operation: string; amount: number; result: string; idempotencyKey: string }[]> {
    return (await this.get<{ items: never[] }>(`/api/simulators/payment/operations?orderId=${orderId}`)).items
  }

  async mails(
    to: string,
  ): Promise<{ to: string; kind: string; orderId: string; subject: string; text: string; messageId: string }[]> {
    return (await this.get<{ items: never[] }>(`/api/simulators/mailbox?to=${encodeURIComponent(to)}&limit=1000`)).items
  }
}

/**
 * Asks again while nobody answers, while whoever does is out of order (5xx), and while the same request is still being worked
 * on (409); any other answer that is not one of those that count is a failure.
 */
const surely = <T>(
  what: string,
  ask: () => Promise<Answer<T>>,
  counts: (answer: Answer<T>) => boolean,
): Promise<Answer<T>> =>
  until(
    what,
    async () => {
      const answer = await ask().catch(() => undefined)
      if (answer === undefined || counts(answer)) return answer
      if (answer.status < 500 && answer.status !== 409) throw new Error(`${what}: ${JSON.stringify(answer.body)}`)
      return undefined
    },
    { everyMs: 100 },
  )
