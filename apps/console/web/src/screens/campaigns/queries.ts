import { queryOptions } from '@tanstack/react-query'
import { LOOK_AGAIN_MS } from '../../server/query-client.ts'
import { ask } from '../../server/request.ts'
import type { Campaign, CampaignProgress, Page } from '../../server/types.ts'

const MOST = 200

export const campaignsQuery = queryOptions({
  queryKey: ['/api/campaigns'],
  queryFn: ({ signal }) => ask<Page<Campaign>>(`/api/campaigns?limit=${MOST}`, signal),
  refetchInterval: LOOK_AGAIN_MS,
})

export const pathOf = (campaignId: string): string => `/api/campaigns/${encodeURIComponent(campaignId)}`

export const campaignQuery = (campaignId: string) =>
  queryOptions({
    queryKey: ['/api/campaigns', campaignId],
    queryFn: ({ signal }) => ask<CampaignProgress>(pathOf(campaignId), signal),
    refetchInterval: LOOK_AGAIN_MS,
  })
