import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { TopicMessages, TopicRecord } from '../../server/types.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/page.tsx'
import { Empty, Failure, Loading } from '../../ui/states.tsx'
import { LookedAt } from './looked-at.tsx'
import { MessageFilters } from './message-filters.tsx'
import { MessageTable } from './message-table.tsx'
import { messagesQuery } from './queries.ts'
import { useArrivals } from './use-arrivals.ts'
import { filterOf, type TopicView } from './view.ts'

interface Props {
  readonly topic: string
  readonly partitions: number
  readonly view: TopicView
  readonly actions: ReactNode
}

/** The messages of a topic: stretch by stretch, or as they come. */
export const MessageBrowser = ({ topic, partitions, view, actions }: Props) => {
  const filter = filterOf(view)
  const messages = useInfiniteQuery(messagesQuery(topic, filter))
  const pages = messages.data?.pages
  const isLive = view.live === 'yes'
  return (
    <Card
      title="Messages"
      flush
      aside={
        <div className="page-actions">
          {actions}
          {isLive ? (
            <Link
              to="/topics"
              search={({ live: _, ...rest }: TopicView) => rest}
              onClick={() => void messages.refetch()}
              className="button"
              resetScroll={false}
            >
              Stop
            </Link>
          ) : (
            <>
              <button type="button" className="button" onClick={() => void messages.refetch()}>
                Look again
              </button>
              <Link
                to="/topics"
                search={({ from: _, at: __, ...rest }: TopicView) => ({ ...rest, live: 'yes' as const })}
                className="button"
                resetScroll={false}
              >
                Follow live
              </Link>
            </>
          )}
        </div>
      }
    >
      <div className="card-body">
        <MessageFilters key={JSON.stringify(filter)} view={view} partitions={partitions} />
      </div>
      {pages === undefined ? (
        messages.isError ? (
          <Failure error={messages.error} again={() => void messages.refetch()} />
        ) : (
          <Loading what="Messages" />
        )
      ) : isLive ? (
        <Live key={JSON.stringify(filter)} topic={topic} view={view} pages={pages} />
      ) : (
        <Rows topic={topic} view={view} records={pages.flatMap(({ items }) => items)} />
      )}
      {pages !== undefined && (
        <LookedAt
          pages={pages}
          isLooking={messages.isFetchingNextPage}
          further={messages.hasNextPage ? () => void messages.fetchNextPage() : undefined}
        />
      )}
    </Card>
  )
}

interface LiveProps {
  readonly topic: string
  readonly view: TopicView
  readonly pages: readonly TopicMessages[]
}

const Live = ({ topic, view, pages }: LiveProps) => {
  const { records, connected } = useArrivals(topic, filterOf(view), pages[0]!.liveCursor)
  return (
    <>
      <p className="live-line" role="status">
        <Badge tone={connected ? 'ok' : 'idle'}>{connected ? 'live' : 'not connected'}</Badge>{' '}
        <span className="num">{records.length}</span> came in since
      </p>
      <Rows topic={topic} view={view} records={[...records, ...pages.flatMap(({ items }) => items)]} />
    </>
  )
}

const Rows = ({ topic, view, records }: { topic: string; view: TopicView; records: readonly TopicRecord[] }) =>
  records.length === 0 ? (
    <Empty title="Nothing that is meant was found" />
  ) : (
    <MessageTable topic={topic} view={view} records={records} />
  )
