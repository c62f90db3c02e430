import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { Subscription } from '../../server/types.ts'
import { Status } from '../../ui/badge.tsx'
import { May } from '../../ui/may.tsx'
import { Card } from '../../ui/page.tsx'
import { Notice } from '../../ui/states.tsx'
import { Id, Time } from '../../ui/values.tsx'
import { type Asked, AskSubscription } from './ask-subscription.tsx'
import { Deliveries } from './deliveries.tsx'
import { filterSays, whereOf } from './draft.ts'
import { secretsOf } from './queries.ts'

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
        <AskSubscription
          asked={asked}
          subscription={subscription}
          onClose={() => setAsked(undefined)}
          onDone={onChanged}
        />
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
