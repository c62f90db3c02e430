import { decode, type ReceivedRecord } from '#libs/contracts'
import { ID, type IncomingRecord, identified } from '../incoming-record.ts'

/** What a record of a queue says. Total: whatever it holds, it is a message of the queue's types or unreadable. */
export const readWork = (raw: ReceivedRecord, isKnown: (type: string) => boolean): IncomingRecord['content'] => {
  const decoded = decode(raw)
  if (!decoded.ok) return { kind: 'unreadable', reason: decoded.reason, detail: decoded.detail }
  const message = identified(decoded.message)
  if (!ID.test(message.id)) return { kind: 'unreadable', reason: 'invalid_header', detail: 'ce_id is not an id' }
  if (!isKnown(message.type))
    return { kind: 'unreadable', reason: 'unknown_type', detail: `${message.type} does not belong in this queue` }
  return { kind: 'message', message }
}
