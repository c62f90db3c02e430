import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { listQuery } from '../../server/list.ts'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask } from '../../server/request.ts'
import type { SagaCounts, SagaSummary } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Page } from '../../ui/page.tsx'
import { Pages } from '../../ui/pages.tsx'
import { Empty } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { sagasRoute } from './route.ts'
import { byUrgency } from './urgency.ts'

const columns: readonly Column<SagaSummary>[] = [
  {
    name: 'Order',
    width: 'minmax(7rem, 17rem)',
    cell: ({ orderId }) => (
      <Link to="/orders/$orderId" params={{ orderId }} className="row-link mono">
        {orderId}
      </Link>
    ),
  },
  { name: 'Saga', width: '8rem', cell: ({ type }) => type },
  { name: 'State', width: '9rem', cell: ({ state }) => <Status of={state} /> },
  { name: 'Age', width: '5rem', cell: ({ startedAt }) => <Time at={startedAt} as="age" /> },
  { name: 'Last heard of', width: '8rem', cell: ({ updatedAt }) => <Time at={updatedAt} as="age" /> },
  { name: 'Looks again', width: '9.5rem', cell: ({ wakeAt }) => (wakeAt === null ? '–' : <Time at={wakeAt} />) },
  { name: 'What is wrong', width: 'minmax(8rem, 2fr)', cell: ({ error }) => error ?? '' },
]

export const SagasPage = () => {
  const { state } = sagasRoute.useSearch()
  const list = listQuery<SagaSummary>('/api/sagas', { state })
  const sagas = useInfiniteQuery(list)
  return (
    <Page
      title="Sagas"
      lead="A saga takes an order through all services, and undoes what was done when it cannot go on. Retry, skip and undo stand with the order."
    >
      <States chosen={state} />
      <section className="card">
        <Pages
          query={sagas}
          queryKey={list.queryKey}
          what="Sagas"
          empty={<Empty title={state ? 'No saga is in this state' : 'No sagas yet'} />}
        >
          {(rows, more) => (
            <DataTable
              label="Sagas"
              rows={state === undefined ? byUrgency(rows) : rows}
              columns={columns}
              keyOf={({ sagaId, type }) => `${type}/${sagaId}`}
              onEnd={more}
              leastWidth="58rem"
              height="calc(100dvh - 15rem)"
            />
          )}
        </Pages>
      </section>
    </Page>
  )
}

const States = ({ chosen }: { chosen: string | undefined }) => {
  const { data } = useQuery({
    queryKey: ['/api/sagas/counts'],
    queryFn: ({ signal }) => ask<SagaCounts>('/api/sagas/counts', signal),
    refetchInterval: LOOK_AGAIN_MS,
  })
  return (
    <nav className="chips" aria-label="States">
      <Link to="/sagas" search={{}} className="chip" data-chosen={chosen === undefined || undefined}>
        all <span className="num">{data?.total ?? '…'}</span>
      </Link>
      {data?.items.map(({ state, count }) => (
        <Link key={state} to="/sagas" search={{ state }} className="chip" data-chosen={chosen === state || undefined}>
          <Status of={state} /> <span className="num">{count}</span>
        </Link>
      ))}
    </nav>
  )
}
