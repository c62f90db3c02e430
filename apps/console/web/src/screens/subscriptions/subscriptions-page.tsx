import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Subscription } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { May } from '../../ui/may.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { CreateSubscription } from './create-subscription.tsx'
import { filterSays, whereOf } from './draft.ts'
import { OneSubscription } from './one-subscription.tsx'
import { subscriptionsQuery } from './queries.ts'
import { subscriptionsRoute } from './route.ts'

const columns: readonly Column<Subscription>[] = [
  {
    name: 'Where',
    width: 'minmax(12rem, 2fr)',
    cell: ({ subscriptionId, deliver }) => (
      <Link to="/subscriptions" search={{ subscription: subscriptionId }} className="row-link mono">
        {whereOf(deliver)}
      </Link>
    ),
  },
  { name: 'By', width: '6rem', cell: ({ deliver }) => deliver.to },
  { name: 'What', width: 'minmax(12rem, 3fr)', cell: ({ filter }) => filterSays(filter) },
  { name: 'State', width: '8rem', cell: ({ state }) => <Status of={state} /> },
  { name: 'Since', width: '8rem', cell: ({ createdAt }) => <Time at={createdAt} /> },
]

export const SubscriptionsPage = () => {
  const { subscription: chosen } = subscriptionsRoute.useSearch()
  const subscriptions = useQuery(subscriptionsQuery)
  const client = useQueryClient()
  const [creating, setCreating] = useState(false)
  const again = () => void client.invalidateQueries(subscriptionsQuery)
  return (
    <Page
      title="Subscriptions"
      lead="Who wants to be told of which messages: by webhook, by mail, or in a queue that anybody may work."
      actions={
        <May ask="POST /api/subscriptions">
          <button type="button" className="button" data-kind="primary" onClick={() => setCreating(true)}>
            Subscribe …
          </button>
        </May>
      }
    >
      <Shown query={subscriptions} what="Subscriptions">
        {({ items }) => {
          const found = items.find(({ subscriptionId }) => subscriptionId === chosen)
          return (
            <>
              <section className="card">
                {items.length === 0 ? (
                  <Empty title="Nobody has subscribed" />
                ) : (
                  <DataTable
                    label="Subscriptions"
                    rows={items}
                    columns={columns}
                    keyOf={({ subscriptionId }) => subscriptionId}
                    selected={chosen}
                    leastWidth="56rem"
                    height="18rem"
                  />
                )}
              </section>
              {found !== undefined && <OneSubscription key={chosen} subscription={found} onChanged={again} />}
              {chosen !== undefined && found === undefined && (
                <Card title={<span className="mono">{chosen}</span>}>
                  <Empty title="There is no such subscription" />
                </Card>
              )}
            </>
          )
        }}
      </Shown>
      {creating && <CreateSubscription onClose={() => setCreating(false)} onDone={again} />}
    </Page>
  )
}
