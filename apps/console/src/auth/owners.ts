import { Problem } from '#libs/http'
import { type Forwarder, READ } from '../forwarder.ts'

/** Whose an order is never changes; the newest so many are kept in mind. */
const MOST_KNOWN = 10_000

/** Whose the orders and quotes are. */
export class Owners {
  readonly #known = new Map<string, string>()

  constructor(private readonly forwarder: Pick<Forwarder, 'forward'>) {}

  /** The customer's id; undefined when there is no such thing. Rejects when nobody can say. */
  async of(kind: 'orders' | 'quotes', id: string): Promise<string | undefined> {
    const path = `/${kind}/${encodeURIComponent(id)}`
    const known = this.#known.get(path)
    if (known !== undefined) return known
    const { status, body } = await this.forwarder.forward('order', { method: 'GET', path, headers: {} }, READ)
    if (status === 404 || status === 400) return undefined
    if (status !== 200) throw new Problem(502, { detail: `the order service answered ${status}` })
    const { customerId } = JSON.parse(body.toString('utf8')) as { customerId: string }
    if (this.#known.size >= MOST_KNOWN) this.#known.delete(this.#known.keys().next().value!)
    this.#known.set(path, customerId)
    return customerId
  }
}
