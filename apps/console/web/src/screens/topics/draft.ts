import type { TopicRecord } from '../../server/types.ts'
import { asSent } from '../../ui/typed.ts'

/** A test message as somebody writes it: headers a line each, the value laid out. */
export interface Draft {
  readonly key: string
  readonly headers: string
  readonly value: string
}

/** With everything that a message of ours must have, and nothing in it yet. */
export const emptyDraft = (id: string, now: string): Draft => ({
  key: 'test',
  headers: lines({
    ...{ ce_id: id, ce_type: '', ce_source: '/test', ce_subject: id, ce_time: now, ce_dataversion: '1' },
    ...{ correlationid: id, causationid: id },
  }),
  value: '{}',
})

/** What was said before, as a message of its own: with its own id it is no duplicate. */
export const copyOf = ({ key, headers, data }: TopicRecord, id: string): Draft => ({
  key: key ?? 'test',
  headers: lines({ ...headers, ce_id: id }),
  value: typeof data === 'string' ? data : JSON.stringify(data, null, 2),
})

const lines = (headers: Readonly<Record<string, string | null>>): string =>
  Object.entries(headers)
    .filter(([name]) => name !== 'testmessage')
    .map(([name, value]) => `${name}: ${value ?? ''}`)
    .join('\n')

/** As it is sent. */
export const bodyOf = ({ key, headers, value }: Draft) => ({ key, headers: headersIn(headers), value: asSent(value) })

/** Lines without a name are passed over. */
const headersIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const colon = line.indexOf(':')
      return colon <= 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]]
    }),
  )
