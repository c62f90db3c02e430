import { ApiKey } from '../api-key.ts'
import type { Settings } from '../config/settings.ts'
import type { QuotaKey } from './client-quota.ts'
import type { QuotaTable } from './quota-table.ts'
import { type Bucket, type Flow, full, msOfDebt, take } from './token-bucket.ts'

/** Clients that are kept account of at the same time; whoever has used nothing for long is forgotten first. */
const MAX_ACCOUNTS = 10_000
/** The longest that clients are told. */
const MAX_THROTTLE_MS = 2 ** 31 - 1

export interface Client {
  readonly user: string
  readonly clientId: string
}

/** What a request has used. */
export interface Use {
  readonly apiKey: number
  readonly requestBytes: number
  readonly answerBytes: number
  /** Milliseconds of the thread. */
  readonly busyMs: number
}

/** Holds clients to their quotas: who has used too much is told how long he is left alone for it (KIP-219). */
export class ClientQuotas {
  /** In the order in which they were used last. */
  private readonly accounts = new Map<string, Bucket>()

  constructor(
    private readonly quotas: QuotaTable,
    private readonly settings: Settings,
    private readonly now: () => number,
  ) {}

  /** Nobody is held to anything: nothing needs to be measured. */
  get isEmpty(): boolean {
    return !this.quotas.hasClients
  }

  /** Charges the client for it; returns for how many milliseconds nothing more of its connection is to be done. */
  charge(client: Client, { apiKey, requestBytes, answerBytes, busyMs }: Use): number {
    // As in Kafka, time is never charged for longer than a window: a single long moment may not be the client's doing.
    const windowMs = this.settings['quota.window.size.seconds'] * 1000
    let throttleMs = Math.min(windowMs, this.chargeFor('request_percentage', client, busyMs))
    if (apiKey === ApiKey.Produce) {
      throttleMs = Math.max(throttleMs, this.chargeFor('producer_byte_rate', client, requestBytes))
    } else if (isFetch(apiKey)) {
      throttleMs = Math.max(throttleMs, this.chargeFor('consumer_byte_rate', client, answerBytes))
    }
    return Math.min(throttleMs, MAX_THROTTLE_MS)
  }

  /** The most that one answer to a fetch should have, so that it is not a debt for longer than needs be. */
  mostOfFetch({ user, clientId }: Client): number {
    const quota = this.quotas.find('consumer_byte_rate', user, clientId)
    return quota === undefined ? Infinity : Math.floor(this.flowOf('consumer_byte_rate', quota.limit).most)
  }

  private chargeFor(key: QuotaKey, { user, clientId }: Client, amount: number): number {
    const quota = this.quotas.find(key, user, clientId)
    if (quota === undefined) return 0
    const flow = this.flowOf(key, quota.limit)
    const account = `${key} ${quota.sharedBy}`
    const now = this.now()
    const bucket = take(this.accounts.get(account) ?? full(flow, now), amount, now, flow)
    this.accounts.delete(account)
    this.accounts.set(account, bucket)
    if (this.accounts.size > MAX_ACCOUNTS) this.accounts.delete(this.accounts.keys().next().value!)
    return msOfDebt(bucket, flow)
  }

  /** As much may come at once as in all of Kafka's windows but the one that is under way. */
  private flowOf(key: QuotaKey, limit: number): Flow {
    // A percent of a second is 10 ms.
    const rate = key === 'request_percentage' ? limit * 10 : limit
    const windows = Math.max(1, this.settings['quota.window.num'] - 1)
    return { rate, most: rate * windows * this.settings['quota.window.size.seconds'] }
  }
}

export const isFetch = (apiKey: number): boolean => apiKey === ApiKey.Fetch || apiKey === ApiKey.ShareFetch
