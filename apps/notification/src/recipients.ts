import { GatheredReads, type Part, type UnitOfWork } from '#libs/database'
import { HOUR_MS } from './domain/allowance.ts'
import { DEFAULT_PREFERENCES, type Preferences, type SwitchedOffChannels } from './domain/preferences.ts'
import { findRecipients } from './sql/find-recipients.ts'

/** What has to be known of a customer before there is anything to tell. */
export interface Recipient {
  /** Undefined: has said nothing. */
  readonly preferences: Preferences | undefined
  readonly switchedOff: SwitchedOffChannels
  /** Notifications that went out in the last hour, this unit of work's included. */
  released: number
  /** Others wait for their turn already. */
  readonly hasWaiting: boolean
}

/** The customers that this unit of work has something to tell, all read in one statement. */
export class Recipients implements Part {
  readonly #reads = new GatheredReads<string>((ids) => this.#read(ids))
  readonly #known = new Map<string, Recipient>()

  constructor(private readonly uow: UnitOfWork) {}

  announce(customerId: string): void {
    this.#reads.announce(customerId, customerId)
  }

  prefetch(): void {
    this.#reads.send()
  }

  async of(customerId: string): Promise<Recipient> {
    this.announce(customerId)
    await this.#reads.done()
    return this.#known.get(customerId)!
  }

  async flush(): Promise<void> {}

  async #read(ids: readonly string[]): Promise<void> {
    const since = new Date(this.uow.now.getTime() - HOUR_MS)
    for (const { customerId, ...recipient } of await findRecipients(this.uow, ids, since))
      this.#known.set(customerId, recipient)
  }
}

export const preferencesOf = ({ preferences }: Pick<Recipient, 'preferences'>): Preferences =>
  preferences ?? DEFAULT_PREFERENCES
