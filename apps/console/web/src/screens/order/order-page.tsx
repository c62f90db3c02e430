import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { useStream } from '../../server/stream.ts'
import type { Mail } from '../../server/types.ts'
import { useCalmly } from '../../server/use-calmly.ts'
import { Badge, Status } from '../../ui/badge.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Id } from '../../ui/values.tsx'
import { Diagram } from './diagram.tsx'
import { EventStream } from './event-stream.tsx'
import { Facts } from './facts.tsx'
import { MessageDetails } from './message-details.tsx'
import { eventsQuery, messagesQuery, orderQuery, outsideQuery, sagaQuery } from './queries.ts'
import { orderRoute } from './route.ts'
import { SagaCard } from './saga-card.tsx'
import { sequence } from './sequence.ts'
import './order.css'
import './saga.css'

export const OrderPage = () => {
  const { orderId } = orderRoute.useParams()
  const { record, asOf } = orderRoute.useSearch()
  const navigate = orderRoute.useNavigate()
  const live = useLive(orderId)
  const order = useQuery(orderQuery(orderId))
  const events = useQuery(eventsQuery(orderId))
  const moment = events.data?.items.find(({ version }) => version === asOf)?.at
  const saga = useQuery({ ...sagaQuery(orderId, moment), enabled: asOf === undefined || moment !== undefined })
  const messages = useQuery(messagesQuery(orderId))
  const outside = useQuery(outsideQuery(orderId))

  const select = (id: string | undefined) =>
    void navigate({
      search: ({ record: _, ...rest }) => (id === undefined ? rest : { ...rest, record: id }),
      replace: true,
      resetScroll: false,
    })
  const travel = (version: number | undefined) =>
    void navigate({
      search: ({ asOf: _, ...rest }) => (version === undefined ? rest : { ...rest, asOf: version }),
      replace: true,
      resetScroll: false,
    })
  const selected = messages.data?.items.find(
    ({ topic, partition, offset }) => `${topic}/${partition}/${offset}` === record,
  )

  return (
    <Page
      title={`Order ${orderId.slice(0, 8)}`}
      lead={<Id value={orderId} what="order id" />}
      actions={
        <>
          <Link to="/traces" search={{ orderId }} className="button" data-kind="plain">
            Traces
          </Link>
          {order.data && <Status of={order.data.status} />}
          <Badge tone={live ? 'ok' : 'idle'}>{live ? 'live' : 'not connected'}</Badge>
        </>
      }
    >
      <Shown query={order} what="The order">
        {(now) => (
          <>
            <Facts now={now} mails={outside.data?.mails.filter(isBefore(moment))} asOf={asOf} />
            <Card
              title="What happened"
              flush
              aside={<span className="quiet">Time runs down; choose an arrow to see its message</span>}
            >
              <Shown query={messages} what="Its messages">
                {({ items, complete }) => (
                  <Diagram
                    arrows={sequence({
                      placedAt: now.placedAt,
                      messages: items,
                      operations: [],
                      shipments: [],
                      mails: [],
                      ...outside.data,
                    })}
                    complete={complete}
                    selected={record}
                    onSelect={select}
                  />
                )}
              </Shown>
            </Card>
            {selected && (
              <MessageDetails
                message={selected}
                all={messages.data?.items ?? []}
                outside={outside.data}
                onSelect={select}
              />
            )}
          </>
        )}
      </Shown>
      <div className="pair">
        <Card title="Saga" aside={saga.data && <Status of={saga.data.state} />}>
          <Shown query={saga} what="The saga">
            {(found) =>
              found === null ? (
                <Empty title="This order has no saga">
                  <p>Its services coordinate it among themselves.</p>
                </Empty>
              ) : (
                <SagaCard saga={found} isPast={asOf !== undefined} onDone={() => void saga.refetch()} />
              )
            }
          </Shown>
        </Card>
        <Card title="Event stream" flush>
          <Shown query={events} what="Its events">
            {({ items }) => <EventStream orderId={orderId} events={items} asOf={asOf} onTravel={travel} />}
          </Shown>
        </Card>
      </div>
    </Page>
  )
}

const isBefore =
  (moment: string | undefined) =>
  ({ receivedAt }: Mail): boolean =>
    moment === undefined || receivedAt <= moment

/** Asks anew whenever something of this order is published, at most once a second, and once the read model has caught up. */
const useLive = (orderId: string): boolean => {
  const client = useQueryClient()
  const refresh = useCalmly(() => void client.invalidateQueries({ queryKey: ['order', orderId] }), LOOK_AGAIN_MS)
  return useStream({ orderId }, refresh)
}
