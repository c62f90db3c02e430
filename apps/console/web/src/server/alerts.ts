import { useQuery } from '@tanstack/react-query'
import { ask } from './request.ts'
import type { Alerts } from './types.ts'

/** As often as the gateway looks at its rules, milliseconds. */
const EVERY_MS = 10_000

/** What is firing now, the worst first. */
export const useAlerts = () =>
  useQuery({
    queryKey: ['alerts'],
    queryFn: ({ signal }) => ask<Alerts>('/api/alerts', signal),
    refetchInterval: EVERY_MS,
    retry: false,
    select: ({ items }) =>
      items
        .filter(({ state }) => state === 'firing')
        .toSorted((a, b) => a.severity.localeCompare(b.severity) || a.alert.localeCompare(b.alert)),
  })
