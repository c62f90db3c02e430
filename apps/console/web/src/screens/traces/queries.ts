import { queryOptions } from '@tanstack/react-query'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask, query } from '../../server/request.ts'
import type { Page, Trace, TraceSummary } from '../../server/types.ts'

export const tracesQuery = (orderId: string | undefined) =>
  queryOptions({
    queryKey: ['traces', orderId ?? ''],
    queryFn: ({ signal }) => ask<Page<TraceSummary>>(`/api/traces${query({ orderId, limit: 200 })}`, signal),
    refetchInterval: LOOK_AGAIN_MS,
  })

/** It grows while what it is about goes on. */
export const traceQuery = (traceId: string) =>
  queryOptions({
    queryKey: ['trace', traceId],
    queryFn: ({ signal }) => ask<Trace>(`/api/traces/${traceId}`, signal),
    refetchInterval: LOOK_AGAIN_MS,
  })
