import { decode, isMessageType, messages } from '#libs/contracts'
import { maskTokens, type TopicRecord } from '#libs/messaging'
import { type ShownMessage, shownData, shownMessage } from './shown-message.ts'
import { singleHeaders } from './single-headers.ts'

/** What the contract of its type makes of a record. */
export type Reading =
  | {
      readonly readable: true
      /** The newest version of its type; `ShownMessage.dataVersion` says in which one it was written. */
      readonly newest: number
      /** What readers make of it now, where that is not what was written. */
      readonly asNewest?: unknown
    }
  | { readonly readable: false; readonly reason: string; readonly detail: string }

/** A record of any topic, whole. */
export interface ShownRecord extends ShownMessage {
  readonly headers: Readonly<Record<string, string | null>>
  /** JSON where it is that, else text; base64 where it is no text; null for a tombstone. */
  readonly data: unknown
  readonly encoding?: 'base64'
  /** Bytes of the value, where only its beginning is shown. */
  readonly cutOf?: number
  readonly reading: Reading
}

/** Bytes of one value that are shown. */
const LARGEST_SHOWN = 64 * 1024

export const shownRecord = (record: TopicRecord): ShownRecord => ({
  ...shownMessage(record),
  headers: singleHeaders(record),
  ...content(record.value),
  reading: readingOf(record),
})

const content = (value: Buffer | null): Pick<ShownRecord, 'data' | 'encoding' | 'cutOf'> => {
  if (value === null) return { data: null }
  if (value.length > LARGEST_SHOWN)
    return { data: maskTokens(value).subarray(0, LARGEST_SHOWN).toString('utf8'), cutOf: value.length }
  if (!isText(value)) return { data: maskTokens(value).toString('base64'), encoding: 'base64' }
  const data = shownData(value)
  // What is no JSON may hold something like it all the same.
  return { data: typeof data === 'string' ? maskTokens(value).toString('utf8') : data }
}

const isText = (value: Buffer): boolean => !value.toString('utf8').includes('\ufffd')

const readingOf = ({ key, value, headers }: TopicRecord): Reading => {
  const decoded = decode({ key, value, headers })
  if (!decoded.ok) return { readable: false, reason: decoded.reason, detail: decoded.detail }
  const { type, data } = decoded.message
  const newest = isMessageType(type) ? messages[type].version : 1
  if (Number(headers.ce_dataversion ?? 1) === newest) return { readable: true, newest }
  return { readable: true, newest, asNewest: shownData(Buffer.from(JSON.stringify(data))) }
}
