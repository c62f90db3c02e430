import { useQuery } from '@tanstack/react-query'
import { ask } from './request.ts'
import type { Health } from './types.ts'

const EVERY_MS = 10_000

/** How every service is. Asked for in one place only, however many parts of the page show it. */
export const useHealth = () =>
  useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => ask<Health>('/api/health', signal),
    refetchInterval: EVERY_MS,
    retry: false,
  })

/** The services that are not well, each with what it says itself. */
export const troubles = (health: Health | undefined): { service: string; says: string }[] =>
  Object.entries(health?.services ?? {}).flatMap(([service, { status, checks }]) => {
    if (status === 'ok') return []
    const bad = Object.entries(checks ?? {}).filter(([, said]) => said !== 'ok')
    return [{ service, says: bad.map(([name, said]) => `${name}: ${said}`).join('; ') || status }]
  })
