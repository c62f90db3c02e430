import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { money } from '../../format/money.ts'
import type { Mail, Order } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { Card } from '../../ui/page.tsx'
import { Notice } from '../../ui/states.tsx'
import { Time } from '../../ui/values.tsx'
import { orderQuery } from './queries.ts'

interface Props {
  readonly now: Order
  readonly mails: readonly Mail[] | undefined
  readonly asOf: number | undefined
}

/** What is known of the order, now or as of a version. */
export const Facts = ({ now, mails, asOf }: Props) => {
  const past = useQuery({ ...orderQuery(now.orderId, asOf), enabled: asOf !== undefined })
  const order = asOf === undefined ? now : past.data
  if (order === undefined) return null
  return (
    <>
      {asOf !== undefined && <Notice tone="run">As it was at version {asOf} of its event stream.</Notice>}
      <div className="facts-row">
        <Card title="Order">
          <p className="big">
            <Status of={order.status} />
          </p>
          <p>
            {order.reason && <>{order.reason.replaceAll('_', ' ')} · </>}
            <Link to="/orders" search={{ customer: order.customerId }}>
              {order.customerId}
            </Link>
          </p>
          <p className="quiet">
            placed <Time at={order.placedAt} as="full" />
          </p>
        </Card>
        <Card title="Money">
          <p className="big num">{money(order.total)}</p>
          <p>
            <Status of={order.payment.status} />
          </p>
          <p className="quiet num">
            authorized {money(order.payment.authorized)} · captured {money(order.payment.captured)} · refunded{' '}
            {money(order.payment.refunded)}
          </p>
        </Card>
        <Card title="Goods">
          <ul className="lines">
            {order.items.map(({ sku, name, quantity, lineTotal }) => (
              <li key={sku}>
                <span dir="auto">
                  {quantity} × {name}
                </span>
                <span className="num">{money(lineTotal)}</span>
              </li>
            ))}
          </ul>
        </Card>
        <Card title="Parcel">
          {order.shipment ? (
            <>
              <p className="big">
                <Status of={order.shipment.status} />
              </p>
              <p className="mono">{order.shipment.trackingNumber}</p>
            </>
          ) : (
            <p className="quiet">Nothing was booked.</p>
          )}
        </Card>
        <Card title="Mails">
          <ul className="lines">
            {mails?.toReversed().map(({ subject, receivedAt, messageId }) => (
              <li key={messageId ?? receivedAt}>
                <span dir="auto">{subject}</span>
                <Time at={receivedAt} />
              </li>
            ))}
          </ul>
          {mails?.length === 0 && <p className="quiet">None yet.</p>}
          <p>
            <Link to="/notifications" search={{ orderId: now.orderId }}>
              All that was told
            </Link>
          </p>
        </Card>
      </div>
    </>
  )
}
