import { useQueryClient } from '@tanstack/react-query'
import type { Delivery, Subscription } from '../../server/types.ts'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { pathOf } from './queries.ts'

/** What an operator is about to do; a delivery is to be repeated. */
export type Asked = 'off' | 'active' | 'remove' | 'rotate' | 'ask-again' | Delivery

interface AskProps {
  readonly asked: Asked
  readonly subscription: Subscription
  readonly onClose: () => void
  readonly onDone: () => void
}

/** Says what will happen, and does it once a reason is given. */
export const AskSubscription = ({ asked, subscription, onClose, onDone }: AskProps) => {
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
