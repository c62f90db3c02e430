import { maskTokens, type TopicRecord } from '#libs/messaging'
import { singleHeaders } from './single-headers.ts'

/** Which records of a topic are meant; every part that is there must hold. */
export interface MessageFilter {
  /** The whole key. */
  readonly key?: string | undefined
  /** `name`: it has such a header; `name:text`: which holds this text. */
  readonly header?: string | undefined
  /** Text that stands in the value, in whatever case. */
  readonly value?: string | undefined
}

/** Whether a record is meant. Payment tokens in it cannot be found: they are masked before anything is compared. */
export const matcherOf = ({ key, header, value }: MessageFilter): ((record: TopicRecord) => boolean) => {
  const hasHeader = header === undefined ? undefined : headerMatcher(header)
  const wanted = value?.toLowerCase()
  return (record) =>
    (key === undefined || record.key?.toString('utf8') === key) &&
    (hasHeader === undefined || hasHeader(singleHeaders(record))) &&
    (wanted === undefined ||
      (record.value !== null && maskTokens(record.value).toString('utf8').toLowerCase().includes(wanted)))
}

const headerMatcher = (header: string): ((headers: ReturnType<typeof singleHeaders>) => boolean) => {
  const colon = header.indexOf(':')
  if (colon < 0) return (headers) => Object.hasOwn(headers, header)
  const [name, wanted] = [
    header.slice(0, colon),
    header
      .slice(colon + 1)
      .trim()
      .toLowerCase(),
  ]
  return (headers) => (headers[name] ?? '').toLowerCase().includes(wanted)
}
