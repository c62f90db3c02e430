import { type InfiniteData, type UseInfiniteQueryResult, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { count } from '../format/money.ts'
import type { CursorPage } from '../server/types.ts'
import { Failure, Loading } from './states.tsx'
import { Time } from './values.tsx'

interface Props<Row> {
  readonly query: UseInfiniteQueryResult<InfiniteData<CursorPage<Row>>>
  readonly queryKey: readonly unknown[]
  /** What is listed, e.g. `Sagas`. */
  readonly what: string
  readonly empty: ReactNode
  /** Draws what has come so far; `more` is to be called when the last of it comes into sight. */
  readonly children: (rows: readonly Row[], more: (() => void) | undefined) => ReactNode
}

/** A list that comes page by page as it is scrolled, in every state it can be in. */
export function Pages<Row>({ query, queryKey, what, empty, children }: Props<Row>) {
  const client = useQueryClient()
  if (query.data === undefined)
    return query.isError ? <Failure error={query.error} again={() => void query.refetch()} /> : <Loading what={what} />
  const { pages } = query.data
  const rows = pages.flatMap(({ items }) => items)
  if (rows.length === 0) return empty
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError } = query
  const more = hasNextPage && !isFetchingNextPage ? () => void query.fetchNextPage() : undefined
  const isCut = !hasNextPage && (pages.at(-1)?.nextCursor ?? null) !== null
  return (
    <>
      {children(rows, more)}
      {(pages.length > 1 || hasNextPage) && (
        <div className="table-foot">
          <span className="quiet num" role="status">
            {isCut ? `Only the first ${count(rows.length)} are shown: look for less.` : `${count(rows.length)} so far`}
            {isFetchingNextPage && ', and more on their way'}
            {isFetchNextPageError && ', and the next ones did not come'}
          </span>
          {hasNextPage && (
            <button type="button" className="button" data-size="small" disabled={!more} onClick={more}>
              More
            </button>
          )}
          {pages.length > 1 && (
            <button
              type="button"
              className="button"
              data-size="small"
              // What is many pages long is not read again while somebody reads it.
              onClick={() => void client.resetQueries({ queryKey, exact: true })}
            >
              As of <Time at={new Date(query.dataUpdatedAt).toISOString()} />: read anew
            </button>
          )}
        </div>
      )}
    </>
  )
}
