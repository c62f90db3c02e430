import { queryOptions } from '@tanstack/react-query'
import { ServerProblem } from '../../server/problem.ts'
import { LOOK_AGAIN_MS, whilePassing } from '../../server/query-client.ts'
import { ask, query } from '../../server/request.ts'
import type {
  CarrierShipment,
  Mail,
  Order,
  OrderEvent,
  OrderMessages,
  Page,
  ProviderOperation,
  Saga,
} from '../../server/types.ts'

const ENDED: ReadonlySet<Order['status']> = new Set(['completed', 'rejected', 'cancelled'])

/** However far behind the read model is when the last message of an order is heard of, its end is seen. */
const whileUnderWay = (order: Order | undefined): number | false =>
  order !== undefined && !ENDED.has(order.status) && LOOK_AGAIN_MS

const key = (orderId: string, ...rest: readonly unknown[]) => ['order', orderId, ...rest]

export const orderQuery = (orderId: string, asOf?: number) =>
  queryOptions({
    queryKey: key(orderId, 'order', asOf ?? 'now'),
    queryFn: ({ signal }) => ask<Order>(`/api/orders/${orderId}${query({ asOf })}`, signal),
    ...(asOf !== undefined && { staleTime: Number.POSITIVE_INFINITY }),
    refetchInterval: ({ state }) => (asOf === undefined && whileUnderWay(state.data)) || whilePassing(state.error),
  })

/** Null for an order that coordinates itself. `asOf` is an instant: versions of an order are not those of its saga. */
export const sagaQuery = (orderId: string, asOf?: string) =>
  queryOptions({
    queryKey: key(orderId, 'saga', asOf ?? 'now'),
    queryFn: ({ signal }) =>
      ask<Saga>(`/api/orders/${orderId}/saga${query({ asOf })}`, signal).catch((error: unknown) => {
        if (error instanceof ServerProblem && error.status === 404) return null
        throw error
      }),
  })

export const eventsQuery = (orderId: string) =>
  queryOptions({
    queryKey: key(orderId, 'events'),
    queryFn: ({ signal }) => ask<Page<OrderEvent>>(`/api/orders/${orderId}/events`, signal),
  })

export const messagesQuery = (orderId: string) =>
  queryOptions({
    queryKey: key(orderId, 'messages'),
    queryFn: ({ signal }) => ask<OrderMessages>(`/api/orders/${orderId}/messages`, signal),
  })

/** What the outside world knows of it; where a part of it does not answer, that part is missing. */
export const outsideQuery = (orderId: string) =>
  queryOptions({
    queryKey: key(orderId, 'outside'),
    queryFn: async ({ signal }) => {
      const of = <T>(path: string) => ask<Page<T>>(`/api/simulators/${path}${query({ orderId })}`, signal)
      const [operations, shipments, mails] = await Promise.all([
        of<ProviderOperation>('payment/operations'),
        of<CarrierShipment>('carrier/shipments'),
        of<Mail>('mailbox'),
      ])
      return { operations: operations.items, shipments: shipments.items, mails: mails.items }
    },
  })
