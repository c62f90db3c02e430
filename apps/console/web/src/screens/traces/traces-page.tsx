import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { TraceSummary } from '../../server/types.ts'
import { Badge } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { duration } from './duration.ts'
import { tracesQuery } from './queries.ts'
import { tracesRoute } from './route.ts'

const columns: readonly Column<TraceSummary>[] = [
  { name: 'Began', width: '9.5rem', cell: ({ startedAt }) => <Time at={startedAt} /> },
  {
    name: 'With',
    width: 'minmax(11rem, 1.6fr)',
    cell: ({ traceId, name }) => (
      <Link to="/traces/$traceId" params={{ traceId }} className="row-link mono">
        {name}
      </Link>
    ),
  },
  { name: 'At', width: 'minmax(6rem, 0.8fr)', cell: ({ service }) => service },
  { name: 'Took', width: '7rem', cell: ({ durationMs }) => duration(durationMs) },
  {
    name: 'Spans',
    width: '5rem',
    cell: ({ spans, dropped }) => (dropped > 0 ? `${spans} of ${spans + dropped}` : spans),
  },
  {
    name: 'Errors',
    width: '6rem',
    cell: ({ errors }) => (errors === 0 ? '' : <Badge tone="warn">{String(errors)}</Badge>),
  },
  {
    name: 'Order',
    width: 'minmax(8rem, 1.2fr)',
    cell: ({ orderId }) => <span className="mono">{orderId?.slice(0, 8)}</span>,
  },
]

/** The newest traces of all processes, by their beginning. */
export const TracesPage = () => {
  const { orderId } = tracesRoute.useSearch()
  const traces = useQuery(tracesQuery(orderId))
  return (
    <Page
      title="Traces"
      lead="What one request brought about, in all services: how long it waited, and where. Only so many begin in a second."
    >
      <Filter orderId={orderId} />
      <section className="card">
        <Shown query={traces} what="Traces">
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={orderId === undefined ? 'No traces yet' : 'No trace of this order is kept'}>
                <p>
                  Place an order: its trace is here a moment later. Under load only a few of each second are traced.
                </p>
              </Empty>
            ) : (
              <DataTable
                label="Traces"
                rows={items.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))}
                columns={columns}
                keyOf={({ traceId }) => traceId}
                leastWidth="58rem"
                height="calc(100dvh - 15rem)"
              />
            )
          }
        </Shown>
      </section>
    </Page>
  )
}

const Filter = ({ orderId }: { orderId: string | undefined }) => {
  const navigate = useNavigate()
  const submit = (form: FormData) => {
    const wanted = String(form.get('orderId') ?? '').trim()
    void navigate({ to: '/traces', search: wanted === '' ? {} : { orderId: wanted } })
  }
  return (
    <form className="filters" action={submit}>
      <label className="field">
        Order id
        <input name="orderId" defaultValue={orderId ?? ''} key={orderId} maxLength={64} spellCheck={false} />
      </label>
      <button type="submit" className="button">
        Find
      </button>
    </form>
  )
}
