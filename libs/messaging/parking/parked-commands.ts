import type { UnitOfWork } from '#libs/database'
import { type Refusal, refuse } from '#libs/decider'
import { publishDeadLetter, publishSettled } from './dead-letters.ts'
import type { ParkedFilter } from './parked-filter.ts'
import { amendParked } from './sql/amend-parked.ts'
import { discardParked } from './sql/discard-parked.ts'
import { insertRedrive } from './sql/insert-redrive.ts'
import { type LockedParked, lockParkedRecord } from './sql/lock-parked-record.ts'
import { requeueParked } from './sql/requeue-parked.ts'

export type ParkedRefusal = 'unknown_message' | 'already_settled' | 'waits_in_line' | 'nothing_amended'

/** A corrected message; what is left out stays as it is. */
export interface Correction {
  readonly value?: string | undefined
  /** Headers to set; null takes one out. */
  readonly headers?: Readonly<Record<string, string | null>> | undefined
}

/** Dead letters that one redrive takes on, at most. */
export const MAX_REDRIVEN = 10_000

/** What a person may do with what a service has parked. Each locks the message first, so nobody handles it meanwhile. */
export class ParkedCommands {
  constructor(private readonly consumer: string) {}

  /** Has it tried again now. */
  async retry(uow: UnitOfWork, id: bigint, actor: string): Promise<Refusal<ParkedRefusal> | undefined> {
    const message = await this.#unsettled(uow, id)
    if ('refused' in message) return message
    if (message.status === 'queued')
      return refuse('waits_in_line', 'an earlier message of its key has to be done first')
    await requeueParked(uow, id, actor, uow.now)
    return undefined
  }

  /** Gives it up; what waits behind it flows on. */
  async discard(uow: UnitOfWork, id: bigint, actor: string): Promise<Refusal<ParkedRefusal> | undefined> {
    const message = await this.#unsettled(uow, id)
    if ('refused' in message) return message
    await discardParked(uow, id, actor, uow.now)
    publishSettled(uow, this.consumer, message)
    return undefined
  }

  /** Puts a corrected copy in its place and has that tried now. */
  async amend(
    uow: UnitOfWork,
    id: bigint,
    actor: string,
    correction: Correction,
  ): Promise<Refusal<ParkedRefusal> | undefined> {
    const message = await this.#unsettled(uow, id)
    if ('refused' in message) return message
    if (correction.value === undefined && correction.headers === undefined)
      return refuse('nothing_amended', 'neither a value nor headers were given')
    const amendment = amended(message, correction)
    await amendParked(uow, id, amendment)
    const { headers, value } = amendment
    const raw = {
      key: message.key && Buffer.from(message.key),
      value: value && Buffer.from(value),
      headers: JSON.parse(headers) as Record<string, string>,
    }
    publishDeadLetter(uow, this.consumer, { ...message, identity: message, raw })
    if (message.status !== 'queued') await requeueParked(uow, id, actor, uow.now)
    return undefined
  }

  /** Begins to have all dead letters that the filter means tried again; answers how many those are. */
  redrive(
    uow: UnitOfWork,
    redrive: { readonly id: string; readonly actor: string; readonly reason: string; readonly filter: ParkedFilter },
  ): Promise<number> {
    return insertRedrive(uow, this.consumer, redrive, uow.now, MAX_REDRIVEN)
  }

  async #unsettled(uow: UnitOfWork, id: bigint): Promise<LockedParked | Refusal<ParkedRefusal>> {
    const message = await lockParkedRecord(uow, this.consumer, id)
    if (message === undefined) return refuse('unknown_message', 'it was never parked here, or has been handled since')
    return message.status === 'settled' ? refuse('already_settled', `it was ${message.resolution}`) : message
  }
}

const amended = (message: LockedParked, { value, headers = {} }: Correction) => {
  const before = JSON.parse(message.headers) as Record<string, string>
  const after = Object.entries({ ...before, ...headers }).filter(([, text]) => text !== null)
  return {
    headers: JSON.stringify(Object.fromEntries(after)),
    value: value === undefined ? message.value : Buffer.from(value),
    original:
      message.original ??
      JSON.stringify({ headers: before, value: message.value && Buffer.from(message.value).toString('base64') }),
  }
}
