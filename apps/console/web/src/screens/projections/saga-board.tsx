import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Fragment } from 'react'
import { count } from '../../format/money.ts'
import type { SagaBoard as Board } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Card } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { returningQuery } from './queries.ts'

type Saga = Board['items'][number]

const columns: readonly Column<Saga>[] = [
  {
    name: 'Order',
    width: 'minmax(18rem, 2fr)',
    cell: ({ orderId }) => (
      <Link to="/orders/$orderId" params={{ orderId }} className="row-link mono">
        {orderId}
      </Link>
    ),
  },
  { name: 'Customer', width: 'minmax(7rem, 1fr)', cell: ({ customerId }) => customerId },
  { name: 'Returns', width: 'minmax(10rem, 2fr)', cell: ({ returns = [] }) => <Returns returns={returns} /> },
  { name: 'Last news', width: '8rem', cell: ({ updatedAt }) => <Time at={updatedAt} as="age" /> },
]

const Returns = ({ returns }: { returns: NonNullable<Saga['returns']> }) =>
  returns.map(({ returnId, status, items }) => (
    <span key={returnId}>
      {count(items.reduce((sum, { quantity }) => sum + quantity, 0))} × <Status of={status} />{' '}
    </span>
  ))

/** What the saga board says now: how many orders are on each stage, and which of them have something on its way back. */
export const SagaBoard = () => (
  <Shown query={useQuery(returningQuery)} what="The saga board">
    {({ stages, items }) => (
      <>
        <Card title="Orders by stage">
          <dl className="facts">
            {stages.map(({ stage, orders }) => (
              <Fragment key={stage}>
                <dt>{stage}</dt>
                <dd className="num">{count(orders)}</dd>
              </Fragment>
            ))}
          </dl>
        </Card>
        <Card title="On their way back" flush>
          {items.length === 0 ? (
            <Empty title="Nothing is on its way back" />
          ) : (
            <DataTable
              label="Orders with a return under way"
              rows={items}
              columns={columns}
              keyOf={({ orderId }) => orderId}
              leastWidth="46rem"
              height="16rem"
            />
          )}
        </Card>
      </>
    )}
  </Shown>
)
