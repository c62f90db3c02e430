import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

/** A fault that was made for real, and what its runbook says about it. */
export interface Fault {
  /** What shows now, in numbers. */
  readonly shows: string
  /** Where to look: commands, and screens of the console. */
  readonly look: readonly string[]
  /** Makes it last, for an alert that wants to see it for a while; undefined where it lasts by itself. */
  readonly hold?: () => Promise<void>
  /** Does what the runbook says, and resolves with what proves that it is mended. */
  readonly mend: () => Promise<string>
}

export interface Drill {
  /** In a few words. */
  readonly fault: string
  /** Makes it, by public means, and resolves when it shows. */
  readonly make: (system: SystemUnderDrill) => Promise<Fault>
}

export interface Answer<T> {
  readonly status: number
  readonly body: T
}

const DRILLER = 'drill'

/** A running system as its operators reach it. */
export class SystemUnderDrill {
  constructor(
    /** The console's address, without a slash at its end. */
    readonly url: string,
    /** The data folder, for what only its machine can do. */
    readonly data: string,
    /** Of somebody who may do this, where a login is asked for. */
    private readonly token?: string,
  ) {}

  async ask<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        'x-actor': DRILLER,
        'idempotency-key': randomUUID(),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(this.token && { authorization: `Bearer ${this.token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    })
    const text = await answer.text()
    return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as T }
  }

  /** @throws Error with the answer, when that is no success. */
  async do<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, body: answered } = await this.ask<T>(method, path, body)
    if (status >= 200 && status < 300) return answered
    throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(answered)}`)
  }

  /** Undefined while it cannot be asked, or says no. */
  async look<T>(path: string): Promise<T | undefined> {
    const answer = await this.ask<T>('GET', path).catch(() => undefined)
    return answer?.status === 200 ? answer.body : undefined
  }

  async pause(process: string): Promise<void> {
    await this.do('POST', `/api/processes/${process}/pause`, { reason: 'a drill' })
  }

  /** It may have gone on by itself: nobody stays paused for more than a minute. */
  async resume(process: string): Promise<void> {
    const { status, body } = await this.ask('POST', `/api/processes/${process}/resume`, {
      reason: 'the end of a drill',
    })
    if (status !== 202 && status !== 409) throw new Error(`${process} was not resumed: ${JSON.stringify(body)}`)
  }

  /** Goes on for the moment that it takes to be paused anew, for another minute. */
  async pauseAgain(process: string): Promise<void> {
    await this.resume(process)
    await this.pause(process)
  }

  /** What the gateway says of the alert at its last look, the one that fires before others; undefined while it rests. */
  async alert(name: string): Promise<{ readonly state: string; readonly summary: string } | undefined> {
    const answer = await this.look<{ items: { alert: string; state: string; summary: string }[] }>('/api/alerts')
    const found = answer?.items.filter(({ alert }) => alert === name) ?? []
    return found.find(({ state }) => state === 'firing') ?? found[0]
  }

  async place(token = 'tok_ok'): Promise<string> {
    const { orderId } = await this.do<{ orderId: string }>('POST', '/api/orders', {
      ...{ customerId: 'drill-customer', items: [{ sku: 'MUG-WHITE-330', quantity: 1 }], payment: { token } },
      shippingAddress: { name: 'Ada Drill', line1: '1 Main St', city: 'Berlin', postalCode: '10115', country: 'DE' },
    })
    return orderId
  }

  /** Records that the group has not handled; undefined while Kafka cannot be asked. */
  async lagOf(groupId: string): Promise<number | undefined> {
    const groups = await this.look<{ items: { groupId: string; lag: number }[] }>('/api/groups')
    return groups?.items.find((group) => group.groupId === groupId)?.lag
  }
}

const LOOK_MS = 500

/** Asks until there is an answer. @throws Error, saying for what it waited, after `seconds`. */
export const shown = async <T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> => {
  const deadline = Date.now() + seconds * 1_000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain for ${what}`)
    await delay(LOOK_MS)
  }
}

/** Resolves when the order has ended so. */
export const ended = (system: SystemUnderDrill, orderId: string, status: string): Promise<true> =>
  shown(`order ${orderId} to be ${status}`, 120, async () => {
    const order = await system.look<{ status: string }>(`/api/orders/${orderId}`)
    return order?.status === status || undefined
  })
