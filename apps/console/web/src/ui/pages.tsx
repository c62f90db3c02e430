import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Page } from '../server/types.ts'
import { Failure, Loading } from './states.tsx'

interface Props<Row> {
  readonly query: UseInfiniteQueryResult<InfiniteData<Page<Row>>>
  /** What is listed, e.g. `Sagas`. */
  readonly what: string
  readonly empty: ReactNode
  /** What the button for the next page says. */
  readonly more?: string
  readonly children: (rows: readonly Row[]) => ReactNode
}

/** A list that comes page by page, in every state it can be in. */
export function Pages<Row>({ query, what, empty, more = 'More', children }: Props<Row>) {
  if (query.data === undefined)
    return query.isError ? <Failure error={query.error} again={() => void query.refetch()} /> : <Loading what={what} />
  const rows = query.data.pages.flatMap(({ items }) => items)
  if (rows.length === 0) return empty
  return (
    <>
      {children(rows)}
      {query.hasNextPage && (
        <div className="table-foot">
          <button
            type="button"
            className="button"
            data-size="small"
            disabled={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {more}
          </button>
        </div>
      )}
    </>
  )
}
