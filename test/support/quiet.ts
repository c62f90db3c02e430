import type { Client } from './client.ts'
import { until } from './until.ts'

export const SERVICES = ['order', 'payment', 'inventory', 'fulfillment', 'notification', 'query']

/** Every service has read all there is. */
export const quiet = (client: Client): Promise<true> =>
  until('every group to have caught up', async () => {
    const { items } = await client.get<{ items: { groupId: string; lag: number }[] }>('/api/groups')
    const ours = items.filter(({ groupId }) => SERVICES.includes(groupId))
    return (ours.length === SERVICES.length && ours.every(({ lag }) => lag === 0)) || undefined
  })
