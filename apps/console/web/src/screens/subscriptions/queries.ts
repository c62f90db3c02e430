import { queryOptions } from '@tanstack/react-query'
import { listQuery } from '../../server/list.ts'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask } from '../../server/request.ts'
import type { Delivery, Page, Subscription } from '../../server/types.ts'

export const subscriptionsQuery = queryOptions({
  queryKey: ['/api/subscriptions'],
  queryFn: ({ signal }) => ask<Page<Subscription>>('/api/subscriptions', signal),
  refetchInterval: LOOK_AGAIN_MS,
})

export const pathOf = ({ subscriptionId }: Pick<Subscription, 'subscriptionId'>): string =>
  `/api/subscriptions/${encodeURIComponent(subscriptionId)}`

export const deliveriesQuery = (subscription: Subscription, state: string | undefined) =>
  listQuery<Delivery>(`${pathOf(subscription)}/deliveries`, { state })

/** The secrets of a webhook, asked for by whoever wants to see them. */
export const secretsOf = (subscription: Subscription) =>
  ask<Page<{ readonly secret: string; readonly until?: string }>>(`${pathOf(subscription)}/secret`)
