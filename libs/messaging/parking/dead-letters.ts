import { isUtf8 } from 'node:buffer'
import { type DataOf, type Message, type ReceivedRecord, uuidFrom } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { Outbox } from '#libs/outbox'
import { maskTokens } from './masked-token.ts'
import type { ParkVerdict } from './parked-message.ts'

/** What a parked message is known by. */
export interface ParkedIdentity {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Of what the record held when it was parked. */
  readonly digest: string
}

export interface DeadLetter extends Pick<ParkVerdict, 'reason' | 'error' | 'attempts'> {
  readonly identity: ParkedIdentity
  readonly raw: ReceivedRecord
}

/** Of the value and of the headers, characters: with more the copy could be larger than a record may be. */
const LARGEST = 100_000

const idOf = (consumer: string, { topic, partition, offset, digest }: ParkedIdentity): string =>
  uuidFrom(`dead letter ${consumer} ${topic}/${partition}/${offset} ${digest}`)

/** Tells Kafka's tools, in the transaction that parks it, why a message is parked; said again, the last word counts. */
export const publishDeadLetter = (uow: UnitOfWork, consumer: string, letter: DeadLetter): void => {
  const { identity, raw, reason, error, attempts } = letter
  const { topic, partition } = identity
  const offset = String(identity.offset)
  const id = idOf(consumer, identity)
  const type = header(raw, 'ce_type')
  const key = raw.key === null ? null : raw.key.toString('utf8')
  const data: DataOf<'message.parked'> = {
    ...{ service: consumer, topic, partition, offset, key: key === null ? null : key.slice(0, LARGEST) },
    ...{ type: type ?? null, reason, error, attempts, ...content(raw) },
  }
  const message: Message<'message.parked'> = {
    ...{ id, type: 'message.parked', source: `/waybill/${consumer}`, subject: `${topic}/${partition}/${offset}` },
    ...{ time: uow.now.toISOString(), key: id, data },
    correlationId: header(raw, 'correlationid') ?? id,
    causationId: header(raw, 'ce_id') ?? id,
  }
  const origin = { origintopic: topic, originpartition: String(partition), originoffset: offset, reason }
  uow.part(Outbox).add(message, origin)
}

/** It was handled, or given up by a person: nothing of it waits any more. */
export const publishSettled = (uow: UnitOfWork, consumer: string, identity: ParkedIdentity): void =>
  uow.part(Outbox).addTombstone('dead-letters', idOf(consumer, identity))

const content = ({ headers = {}, value }: ReceivedRecord): Pick<DataOf<'message.parked'>, 'headers' | 'value'> => {
  const texts = Object.fromEntries(
    Object.entries(headers).map(([name, given]) => [name, Buffer.isBuffer(given) ? given.toString('utf8') : given]),
  )
  const isSmall = (value?.length ?? 0) <= LARGEST && JSON.stringify(texts).length <= LARGEST
  if (!isSmall) return {}
  if (value === null) return { headers: texts, value }
  const shown = maskTokens(value)
  return isUtf8(shown)
    ? { headers: texts, value: shown.toString('utf8') }
    : { headers: texts, value: shown.toString('base64'), ...{ encoding: 'base64' } }
}

/** What goes into a header again: short, and there. */
const header = ({ headers }: ReceivedRecord, name: string): string | undefined => {
  const value = headers?.[name]
  return value === undefined || value === null ? undefined : String(value).slice(0, 255)
}
