import { texts } from '../../server/search.ts'

/** Which messages of a topic are looked at, as it stands in the address; whole numbers as texts, instants in ISO 8601. */
export interface MessageFilter {
  readonly partition?: string
  /** An offset of `partition`. */
  readonly from?: string
  readonly at?: string
  readonly key?: string
  readonly header?: string
  readonly value?: string
}

export interface TopicView extends MessageFilter {
  readonly topic?: string
  /** Which message is looked at: `<partition>/<offset>`. */
  readonly record?: string
  /** Whether what is published comes in as it happens. */
  readonly live?: 'yes'
}

const WHOLE = /^\d{1,15}$/
const RECORD = /^\d{1,9}\/\d{1,15}$/

/** Of anything that may stand in an address: what makes no sense is left out. */
export const topicView = (search: Readonly<Record<string, unknown>>): TopicView => {
  const { partition, from, at, record, live, ...rest } = texts(
    search,
    ...(['topic', 'partition', 'from', 'at', 'key', 'header', 'value', 'record', 'live'] as const),
  )
  const isPartition = partition !== undefined && WHOLE.test(partition)
  const isOffset = isPartition && from !== undefined && WHOLE.test(from)
  const isInstant = !isOffset && at !== undefined && !Number.isNaN(Date.parse(at))
  return {
    ...rest,
    ...(isPartition && { partition }),
    ...(isOffset && { from }),
    ...(isInstant && { at: new Date(at).toISOString() }),
    ...(record !== undefined && RECORD.test(record) && { record }),
    // From the past on nothing new comes in between.
    ...(live === 'yes' && !isOffset && !isInstant && { live }),
  }
}

export const filterOf = ({ topic: _, record: __, live: ___, ...filter }: TopicView): MessageFilter => filter
