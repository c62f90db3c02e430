import { queryOptions } from '@tanstack/react-query'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask } from '../../server/request.ts'
import type { Groups } from '../../server/types.ts'
import { type GroupHistory, noted } from './history.ts'

/** Of every group, as long as the page is open. */
const histories = new Map<string, GroupHistory>()

export const historyOf = (groupId: string): GroupHistory | undefined => histories.get(groupId)

export const groupsQuery = queryOptions({
  queryKey: ['/api/groups'],
  queryFn: async ({ signal }) => {
    const groups = await ask<Groups>('/api/groups', signal)
    const now = Date.now()
    for (const group of groups.items) histories.set(group.groupId, noted(histories.get(group.groupId), group, now))
    return groups
  },
  refetchInterval: LOOK_AGAIN_MS,
})
