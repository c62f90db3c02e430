import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { OrderMessage, TopicRecord } from '../../server/types.ts'
import { Card } from '../../ui/page.tsx'
import { Empty, Notice, Shown } from '../../ui/states.tsx'
import { Id, Json, Time } from '../../ui/values.tsx'
import { chainOf } from '../order/chain.ts'
import { recordQuery, relatedQuery } from './queries.ts'
import type { TopicView } from './view.ts'

interface Props {
  readonly topic: string
  /** `<partition>/<offset>`. */
  readonly record: string
  readonly view: TopicView
  /** What can be done with it. */
  readonly actions: (record: TopicRecord) => ReactNode
}

/** One message: where it lies, what it says and in which version, and what belongs to it. */
export const RecordCard = ({ topic, record, view, actions }: Props) => {
  const query = useQuery(recordQuery(topic, record))
  const { record: _, ...rest } = view
  return (
    <Card
      title={<span className="mono">{query.data?.type ?? 'Message'}</span>}
      aside={
        <div className="page-actions">
          {query.data && actions(query.data)}
          <Link to="/topics" search={rest} className="button" data-kind="plain" resetScroll={false}>
            Close
          </Link>
        </div>
      }
    >
      <Shown query={query} what="The message">
        {(found) =>
          found === null ? <Empty title={`Nothing is at ${topic}/${record} any more`} /> : <Details record={found} />
        }
      </Shown>
    </Card>
  )
}

const Details = ({ record }: { record: TopicRecord }) => {
  const { reading, data, encoding, cutOf, headers, dataVersion } = record
  const isOlder = reading.readable && reading.asNewest !== undefined
  return (
    <div className="message" ref={bringIntoView}>
      {!reading.readable && (
        <Notice tone="warn">
          No message that our contracts know, {reading.reason.replaceAll('_', ' ')}: {reading.detail}
        </Notice>
      )}
      <div className="columns">
        <Facts record={record} />
        <div>
          <h3>{isOlder ? `Value, as it was written in version ${dataVersion}` : 'Value'}</h3>
          {cutOf !== undefined && <Notice tone="warn">Only the beginning of {cutOf.toLocaleString()} bytes.</Notice>}
          <Json value={encoding === 'base64' ? `base64: ${data}` : (data ?? 'no value (a tombstone)')} />
          {isOlder && (
            <>
              <h3>As version {reading.newest}, which readers make of it</h3>
              <Json value={reading.asNewest} />
            </>
          )}
        </div>
        <div>
          <h3>Headers</h3>
          <Json value={headers} />
        </div>
      </div>
    </div>
  )
}

/** It stands below a long list in which it was chosen. */
const bringIntoView = (element: HTMLElement | null) => element?.closest('.card')?.scrollIntoView({ block: 'nearest' })

const Facts = ({ record }: { record: TopicRecord }) => {
  const { topic, partition, offset, key, publishedAt, time, source, id, dataVersion, reading, correlationId } = record
  return (
    <dl className="facts">
      <dt>Record</dt>
      <dd className="mono">
        {topic} / {partition} / {offset}
      </dd>
      <dt>Key</dt>
      <dd dir="auto">{key ?? <span className="quiet">none</span>}</dd>
      <dt>Published</dt>
      <dd>
        <Time at={publishedAt} as="full" />
      </dd>
      {time !== null && !Number.isNaN(Date.parse(time)) && (
        <>
          <dt>Decided</dt>
          <dd>
            <Time at={time} as="fine" />
          </dd>
        </>
      )}
      {source !== null && (
        <>
          <dt>Said by</dt>
          <dd dir="auto">{source}</dd>
        </>
      )}
      {reading.readable && (
        <>
          <dt>Version</dt>
          <dd>
            {dataVersion}
            {dataVersion === reading.newest ? ', the newest' : `, the newest is ${reading.newest}`}
          </dd>
        </>
      )}
      {id !== null && (
        <>
          <dt>Message</dt>
          <dd>
            <Id value={id} what="message id" />
          </dd>
        </>
      )}
      {correlationId !== null && <Related record={record} correlationId={correlationId} />}
    </dl>
  )
}

/** The order, the cause and the effects: found where the order's messages are looked for. */
const Related = ({ record, correlationId }: { record: TopicRecord; correlationId: string }) => {
  const { data, isError } = useQuery(relatedQuery(correlationId))
  if (isError) return null
  if (data === undefined)
    return (
      <>
        <dt>Belongs to</dt>
        <dd className="quiet">…</dd>
      </>
    )
  if (data === null)
    return (
      <>
        <dt>Belongs to</dt>
        <dd>
          <Id value={correlationId} what="correlation id" /> <span className="quiet">no order of ours</span>
        </dd>
      </>
    )
  const { causes, root, effects } = chainOf(record, data.items)
  const cause = causes.at(-1)
  return (
    <>
      <dt>Order</dt>
      <dd>
        <Link
          to="/orders/$orderId"
          params={{ orderId: correlationId }}
          search={{ record: `${record.topic}/${record.partition}/${record.offset}` }}
          className="mono"
        >
          {correlationId}
        </Link>
      </dd>
      <dt>Caused by</dt>
      <dd>
        {cause === undefined ? (
          <span className="quiet">{root ?? 'nothing'}, which is no message of a topic</span>
        ) : (
          <MessageLinks messages={[cause]} />
        )}
      </dd>
      <dt>Led to</dt>
      <dd>
        {effects.length === 0 ? (
          <span className="quiet">nothing that was said over a topic</span>
        ) : (
          <MessageLinks messages={effects} />
        )}
      </dd>
    </>
  )
}

const MessageLinks = ({ messages }: { messages: readonly OrderMessage[] }) => (
  <ul className="plain">
    {messages.map(({ topic, partition, offset, type }) => (
      <li key={`${topic}/${partition}/${offset}`}>
        <Link to="/topics" search={{ topic, record: `${partition}/${offset}` }} resetScroll={false}>
          {type ?? 'unreadable'}
        </Link>{' '}
        <span className="quiet mono">
          {topic}/{partition}/{offset}
        </span>
      </li>
    ))}
  </ul>
)
