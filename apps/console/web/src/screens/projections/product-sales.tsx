import { useQuery } from '@tanstack/react-query'
import { count, money } from '../../format/money.ts'
import type { ProductSales as Sales } from '../../server/types.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Card } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { productSalesQuery } from './queries.ts'

type Sold = Sales['items'][number]

const columns: readonly Column<Sold>[] = [
  { name: 'Day', width: '7rem', cell: ({ day }) => day },
  { name: 'Product', width: 'minmax(9rem, 2fr)', cell: ({ sku }) => <span className="mono">{sku}</span> },
  { name: 'Orders', width: '5rem', end: true, cell: ({ orders }) => count(orders) },
  { name: 'Sold', width: '8rem', end: true, cell: (sold) => pieces(sold) },
  { name: 'Returned', width: '8rem', end: true, cell: ({ returned }) => pieces(returned) },
  { name: 'Net', width: '8rem', end: true, cell: ({ net }) => pieces(net) },
]

const pieces = ({ quantity, amount }: Sold['net']): string => `${count(quantity)} · ${money(amount)}`

/** What the read model of the product sales says now; what came back counts on the day on which it was sold. */
export const ProductSales = () => {
  const sales = useQuery(productSalesQuery)
  return (
    <Card title="Sold, by day" flush>
      <Shown query={sales} what="Product sales">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing is sold yet" />
          ) : (
            <DataTable
              label="Product sales"
              rows={items}
              columns={columns}
              keyOf={({ day, sku, amount }) => `${day} ${sku} ${amount.currency}`}
              leastWidth="48rem"
              height="20rem"
            />
          )
        }
      </Shown>
    </Card>
  )
}
