import { queryOptions } from '@tanstack/react-query'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask } from '../../server/request.ts'
import type { Groups, ParkedCounts, SagaCounts, Topics } from '../../server/types.ts'

const watched = <T>(path: string) =>
  queryOptions({
    queryKey: ['overview', path],
    queryFn: ({ signal }) => ask<T>(path, signal),
    refetchInterval: LOOK_AGAIN_MS,
    // Each look counts, also when nothing has changed: rates are made from two of them.
    structuralSharing: false,
  })

export const topicsQuery = watched<Topics>('/api/topics')
export const groupsQuery = watched<Groups>('/api/groups')
export const parkedCountsQuery = watched<ParkedCounts>('/api/parked/counts')
export const sagaCountsQuery = watched<SagaCounts>('/api/sagas/counts')
