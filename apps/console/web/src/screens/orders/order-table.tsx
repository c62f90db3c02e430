import { Link } from '@tanstack/react-router'
import { money } from '../../format/money.ts'
import type { OrderSummary } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Time } from '../../ui/values.tsx'

const columns: readonly Column<OrderSummary>[] = [
  {
    name: 'Order',
    width: 'minmax(7rem, 17rem)',
    cell: ({ orderId }) => (
      <Link to="/orders/$orderId" params={{ orderId }} className="row-link mono">
        {orderId}
      </Link>
    ),
  },
  { name: 'Status', width: '7.5rem', cell: ({ status }) => <Status of={status} /> },
  { name: 'Customer', width: 'minmax(6rem, 1fr)', cell: ({ customerId }) => customerId },
  {
    name: 'What',
    width: 'minmax(8rem, 2fr)',
    cell: ({ items }) => items.map(({ name, quantity }) => `${quantity} × ${name}`).join(', '),
  },
  { name: 'Total', width: '6.5rem', end: true, cell: ({ total }) => money(total) },
  { name: 'Placed', width: '9.5rem', cell: ({ placedAt }) => <Time at={placedAt} /> },
]

interface Props {
  readonly rows: readonly OrderSummary[]
  readonly onEnd: (() => void) | undefined
}

export const OrderTable = ({ rows, onEnd }: Props) => (
  <DataTable
    label="Orders"
    rows={rows}
    columns={columns}
    keyOf={({ orderId }) => orderId}
    onEnd={onEnd}
    leastWidth="52rem"
    height="calc(100dvh - 15rem)"
  />
)
