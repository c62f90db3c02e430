import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useStream } from '../../server/stream.ts'
import { useCalmly } from '../../server/use-calmly.ts'
import { Badge } from '../../ui/badge.tsx'
import { May } from '../../ui/may.tsx'
import { Page } from '../../ui/page.tsx'
import { Pages } from '../../ui/pages.tsx'
import { Empty } from '../../ui/states.tsx'
import { OrderFilters } from './order-filters.tsx'
import { OrderTable } from './order-table.tsx'
import { PlaceOrder } from './place-order.tsx'
import { ordersQuery } from './queries.ts'
import { ordersRoute } from './route.ts'

export const OrdersPage = () => {
  const filter = ordersRoute.useSearch()
  const list = ordersQuery(filter)
  const orders = useInfiniteQuery(list)
  const isFiltered = filter.customer !== undefined || filter.status !== undefined
  const [placing, setPlacing] = useState(false)
  // Whoever has scrolled on is not interrupted, nor are all pages read again with each change.
  const isAtTop = (orders.data?.pages.length ?? 0) <= 1
  const refresh = useCalmly(() => isAtTop && void orders.refetch())
  const live = useStream({ topics: ['orders'] }, refresh)
  return (
    <Page
      title="Orders"
      lead="Every order, newest first, as the read model has it."
      actions={
        <>
          <Badge tone={live && isAtTop ? 'ok' : 'idle'}>
            {live ? (isAtTop ? 'live' : 'stands still') : 'not connected'}
          </Badge>
          <May ask="POST /api/orders">
            <button type="button" className="button" data-kind="primary" onClick={() => setPlacing(true)}>
              Place an order
            </button>
          </May>
        </>
      }
    >
      <OrderFilters filter={filter} />
      {placing && <PlaceOrder onClose={() => setPlacing(false)} onPlaced={refresh} />}
      <section className="card">
        <Pages query={orders} queryKey={list.queryKey} what="Orders" empty={<NoOrders isFiltered={isFiltered} />}>
          {(rows, more) => <OrderTable rows={rows} onEnd={more} />}
        </Pages>
      </section>
    </Page>
  )
}

const NoOrders = ({ isFiltered }: { isFiltered: boolean }) => (
  <Empty title={isFiltered ? 'No order matches' : 'No orders yet'}>
    <p>{isFiltered ? 'Look for another customer or status.' : 'Place one, and watch where it goes.'}</p>
  </Empty>
)
