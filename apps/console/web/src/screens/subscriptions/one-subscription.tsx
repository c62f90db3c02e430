import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Delivery, Subscription } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { May } from '../../ui/may.tsx'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { Card } from '../../ui/page.tsx'
import { Pages } from '../../ui/pages.tsx'
import { Empty, Notice } from '../../ui/states.tsx'
import { Id, Time } from '../../ui/values.tsx'
import { filterSays, whereOf } from './draft.ts'
import { deliveriesQuery, pathOf, secretsOf } from './queries.ts'
import { subscriptionsRoute } from './route.ts'

type Asked = 'off' | 'active' | 'remove' | 'rotate' | 'ask-again' | Delivery

/** What one subscriber is told, and what can be done about it. */
export const OneSubscription = ({ subscription, onChanged }: { subscription: Subscription; onChanged: () => void }) => {
  const [asked, setAsked] = useState<Asked>()
  const { deliver, filter, state, offReason, confirmBy, activeSince, failing, subscriptionId } = subscription
  return (
    <>
      <Card
        title={<span className="mono">{whereOf(deliver)}</span>}
        aside={
          <May ask="PATCH /api/subscriptions/:id">
            <Commands subscription={subscription} onAsk={setAsked} />
          </May>
        }
      >
        <dl className="facts">
          <dt>State</dt>
          <dd>
            <Status of={state} /> {offReason?.replaceAll('_', ' ')}
            {state === 'active' && activeSince && (
              <>
                {' '}
                since <Time at={activeSince} />
              </>
            )}
          </dd>
          <dt>Is told of</dt>
          <dd className="mono">{filterSays(filter)}</dd>
          <dt>Subscription</dt>
          <dd>
            <Id value={subscriptionId} what="subscription" />
          </dd>
          {deliver.to === 'webhook' && (
            <>
              <dt>Signed with</dt>
              <dd>
                <Secrets subscription={subscription} />
              </dd>
            </>
          )}
        </dl>
        {state === 'confirming' && deliver.to === 'webhook' && (
          <Notice tone="run">
            It has been sent a challenge. It is told nothing before it has answered with it: {'{"challenge": …}'}
          </Notice>
        )}
        {state === 'confirming' && deliver.to === 'email' && (
          <Notice tone="run">
            The address is sent a mail with a link. It is told nothing before its reader has followed it
            {confirmBy && (
              <>
                , which they may until <Time at={confirmBy} />
              </>
            )}
            .
          </Notice>
        )}
        {failing && (
          <Notice tone="warn">
            {failing.failures} attempts have failed since <Time at={failing.since} />
          </Notice>
        )}
      </Card>
      <Deliveries subscription={subscription} onRepeat={setAsked} />
      {asked && (
        <Ask asked={asked} subscription={subscription} onClose={() => setAsked(undefined)} onDone={onChanged} />
      )}
    </>
  )
}

const Commands = ({ subscription, onAsk }: { subscription: Subscription; onAsk: (asked: Asked) => void }) => (
  <div className="page-actions">
    <button
      type="button"
      className="button"
      data-size="small"
      onClick={() => onAsk(subscription.state === 'off' ? 'active' : 'off')}
    >
      {subscription.state === 'off' ? 'Switch on' : 'Switch off'}
    </button>
    {subscription.deliver.to === 'email' && subscription.state === 'confirming' && (
      <button type="button" className="button" data-size="small" onClick={() => onAsk('ask-again')}>
        Mail again
      </button>
    )}
    {subscription.deliver.to === 'webhook' && (
      <button type="button" className="button" data-size="small" onClick={() => onAsk('rotate')}>
        New secret
      </button>
    )}
    <button type="button" className="button" data-size="small" data-kind="danger" onClick={() => onAsk('remove')}>
      Remove
    </button>
  </div>
)

const Secrets = ({ subscription }: { subscription: Subscription }) => {
  const secrets = useMutation({ mutationFn: () => secretsOf(subscription) })
  if (secrets.data === undefined)
    return (
      <button type="button" className="button" data-size="small" onClick={() => secrets.mutate()}>
        Show the secret
      </button>
    )
  return secrets.data.items.map(({ secret, until }) => (
    <div key={secret}>
      <Id value={secret} what="secret" />
      {until && (
        <>
          {' '}
          until <Time at={until} />
        </>
      )}
    </div>
  ))
}

const STATES = ['pending', 'delivered', 'failed'] as const

const Deliveries = ({
  subscription,
  onRepeat,
}: {
  subscription: Subscription
  onRepeat: (asked: Delivery) => void
}) => {
  const { state } = subscriptionsRoute.useSearch()
  const chosen = STATES.find((each) => each === state)
  const deliveries = useInfiniteQuery(deliveriesQuery(subscription, chosen))
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
              aria-current={each === chosen || undefined}
              className="button"
              data-size="small"
            >
              {each ?? 'all'}
            </Link>
          ))}
        </nav>
      }
    >
      <Pages query={deliveries} what="Deliveries" empty={<Empty title="None" />}>
        {(rows) => (
          <DataTable
            label="Deliveries"
            rows={rows}
            columns={columnsOf(subscription, onRepeat)}
            keyOf={({ deliveryId }) => deliveryId}
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

interface AskProps {
  readonly asked: Asked
  readonly subscription: Subscription
  readonly onClose: () => void
  readonly onDone: () => void
}

const Ask = ({ asked, subscription, onClose, onDone }: AskProps) => {
  const client = useQueryClient()
  const done = () => {
    onDone()
    void client.invalidateQueries({ queryKey: [`${pathOf(subscription)}/deliveries`] })
  }
  const shared = { path: pathOf(subscription), onClose, onDone: done }
  if (asked === 'off')
    return (
      <OperatorDialog {...shared} method="PATCH" body={{ state: 'off' }} title="Switch off" verb="Switch off" danger>
        <p>Nothing more is delivered, and what happens meanwhile it is not told of later.</p>
      </OperatorDialog>
    )
  if (asked === 'active')
    return (
      <OperatorDialog {...shared} method="PATCH" body={{ state: 'active' }} title="Switch on" verb="Switch on">
        <p>It is asked whether it wants to be told, and then told of what happens from there on.</p>
      </OperatorDialog>
    )
  if (asked === 'remove')
    return (
      <OperatorDialog {...shared} method="DELETE" title="Remove the subscription" verb="Remove" danger>
        <p>What it is still owed is not delivered. What lies in a queue stays there.</p>
      </OperatorDialog>
    )
  if (asked === 'rotate')
    return (
      <OperatorDialog {...shared} path={`${shared.path}/secret/rotate`} title="A new secret" verb="Make it">
        <p>The new one signs from now on, and the one of before beside it for a day.</p>
      </OperatorDialog>
    )
  if (asked === 'ask-again')
    return (
      <OperatorDialog
        {...shared}
        path={`${shared.path}/confirmation`}
        title="Mail the question again"
        verb="Mail again"
      >
        <p>The link of the mail before holds no longer. An address is asked three times a day at most.</p>
      </OperatorDialog>
    )
  return (
    <OperatorDialog
      {...shared}
      path={`${shared.path}/deliveries/${encodeURIComponent(asked.deliveryId)}/repeat`}
      title="Repeat the delivery"
      verb="Repeat"
    >
      <p>It is sent again by the same id, so that a receiver can know it.</p>
    </OperatorDialog>
  )
}
