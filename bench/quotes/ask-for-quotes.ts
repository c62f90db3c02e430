import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, shippingAddress } from '../../test/support/client.ts'

const PER_SECOND = 200
/** Longer than the gateway holds any request. */
const PATIENCE_MS = 35_000

/** One request for a quote, and what became of it. */
export interface AskedQuote {
  /** When it was sent, as `performance.now()` says it. */
  readonly at: number
  readonly tookMs: number
  /** `201`; a status with what the problem says of it, e.g. `504 inventory`; or why there was no answer. */
  readonly outcome: string
  /** `refused`: by 504, or by 503 with when to come again. `wrong`: by another status, or with another's quote. */
  readonly kind: 'quoted' | 'refused' | 'unanswered' | 'wrong'
}

export interface Load {
  /** Of a second. */
  readonly rate?: number
  /** Asked before each request; the default goes on for `seconds`. */
  readonly more?: () => boolean
}

/** So many a second for so long, whether or not those before are answered. Resolves when all are settled. */
export const askForQuotes = async (
  client: Client,
  seconds: number,
  { rate = PER_SECOND, more = () => true }: Load = {},
): Promise<AskedQuote[]> => {
  const settled: AskedQuote[] = []
  const seen = new Set<string>()
  const underWay = new Set<Promise<unknown>>()
  const startedAt = performance.now()
  for (let n = 0; n < seconds * rate && more(); n++) {
    await pause(Math.max(0, startedAt + (n * 1_000) / rate - performance.now()))
    const one = ask(client, n, seen)
      .then((asked) => settled.push(asked))
      .finally(() => underWay.delete(one))
    underWay.add(one)
  }
  await Promise.all(underWay)
  return settled
}

const ask = async (client: Client, n: number, seen: Set<string>): Promise<AskedQuote> => {
  const quantity = (n % 900) + 1
  const request = { customerId: `bench-${n % 50}`, items: [{ sku: 'MUG-WHITE-330', quantity }], shippingAddress }
  const at = performance.now()
  const settledAs = (kind: AskedQuote['kind'], outcome: string): AskedQuote => ({
    ...{ at, tookMs: performance.now() - at, kind, outcome },
  })
  try {
    const answer = await Promise.race([
      client.call<Quote & Refusal>('POST', '/api/quotes', request, { 'idempotency-key': randomUUID() }),
      pause(PATIENCE_MS, undefined, { ref: false }),
    ])
    if (answer === undefined) return settledAs('unanswered', `nothing within ${PATIENCE_MS / 1_000} s`)
    const { status, headers, body } = answer
    if (status === 504 || (status === 503 && headers.get('retry-after') !== null))
      return settledAs('refused', `${status} ${reasonIn(body)}`)
    if (status !== 201) return settledAs('wrong', `${status}, which is no clear answer`)
    const isOurs = body.items[0]?.quantity === quantity && !seen.has(body.quoteId)
    seen.add(body.quoteId)
    return isOurs ? settledAs('quoted', '201') : settledAs('wrong', `201 with another's quote, ${body.quoteId}`)
  } catch (error) {
    return settledAs('unanswered', brokenOff(error))
  }
}

/** A connection that had served others before may have been closed for its age, just when it was used again. */
const brokenOff = (error: unknown): string => {
  const { code, message, socket } = error as Error & { code?: string; socket?: { bytesRead?: number } }
  const used = (socket?.bytesRead ?? 0) > 0 ? ', on a connection that had been used' : ''
  return `${code ?? message}${used}`
}

const reasonIn = ({ type = '', missing = [] }: Refusal): string =>
  [type.split(':').at(-1), ...missing].filter((part) => part !== 'timeout' && part !== '').join(' ')

interface Quote {
  readonly quoteId: string
  readonly items: readonly { readonly quantity: number }[]
}

interface Refusal {
  readonly type?: string
  readonly missing?: readonly string[]
}

/** How often each outcome, the most frequent first. */
export const outcomesOf = (asked: readonly AskedQuote[]): string => {
  const counts = [...Map.groupBy(asked, ({ outcome }) => outcome)].map(([outcome, of]) => [outcome, of.length] as const)
  const parts = counts.toSorted(([, a], [, b]) => b - a).map(([outcome, count]) => `${count} × ${outcome}`)
  return parts.join(', ')
}
