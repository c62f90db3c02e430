import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Delivery, Subscription } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Card } from '../../ui/page.tsx'
import { Pages } from '../../ui/pages.tsx'
import { Empty } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { deliveriesQuery } from './queries.ts'
import { subscriptionsRoute } from './route.ts'

const STATES = ['pending', 'delivered', 'failed'] as const

/** What a subscriber was told, is owed and could not be told, the newest first. */
export const Deliveries = ({
  subscription,
  onRepeat,
}: {
  subscription: Subscription
  onRepeat: (asked: Delivery) => void
}) => {
  const { state } = subscriptionsRoute.useSearch()
  const chosen = STATES.find((each) => each === state)
  const list = deliveriesQuery(subscription, chosen)
  const deliveries = useInfiniteQuery(list)
  const search = { subscription: subscription.subscriptionId }
  return (
    <Card
      title="Deliveries"
      flush
      aside={
        <nav aria-label="State of deliveries" className="page-actions">
          {[undefined, ...STATES].map((each) => (
            <Link
              key={each ?? 'all'}
              to="/subscriptions"
              search={{ ...search, ...(each && { state: each }) }}
              activeOptions={{ exact: true }}
              data-chosen={each === chosen || undefined}
              className="button"
              data-size="small"
            >
              {each ?? 'all'}
            </Link>
          ))}
        </nav>
      }
    >
      <Pages query={deliveries} queryKey={list.queryKey} what="Deliveries" empty={<Empty title="None" />}>
        {(rows, more) => (
          <DataTable
            label="Deliveries"
            rows={rows}
            columns={columnsOf(subscription, onRepeat)}
            keyOf={({ deliveryId }) => deliveryId}
            onEnd={more}
            leastWidth="58rem"
            height="24rem"
          />
        )}
      </Pages>
    </Card>
  )
}

const columnsOf = (
  { deliver, state }: Subscription,
  onRepeat: (delivery: Delivery) => void,
): readonly Column<Delivery>[] => [
  { name: 'Message', width: 'minmax(11rem, 2fr)', cell: ({ type }) => <span className="mono">{type}</span> },
  { name: 'Key', width: 'minmax(7rem, 1fr)', cell: ({ key }) => key },
  { name: 'State', width: '7rem', cell: ({ state }) => <Status of={state} /> },
  { name: 'Attempts', width: '6rem', end: true, cell: ({ attempts }) => attempts },
  { name: 'When', width: '8rem', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { name: 'What was wrong', width: 'minmax(9rem, 2fr)', cell: ({ lastError }) => lastError ?? '–' },
  {
    name: 'Again',
    width: '6rem',
    cell: (delivery) =>
      delivery.kind === 'event' && deliver.to !== 'queue' && state !== 'off' ? (
        <button type="button" className="button" data-size="small" onClick={() => onRepeat(delivery)}>
          Repeat
        </button>
      ) : null,
  },
]
