import type { StreamRules } from '#libs/archive'
import { topology } from '../domain/topology.ts'

/** What the stream decides about an event, for who counts the archive by the same rules. */
export const streamRules: StreamRules = {
  graceMs: topology.grace,
  aheadMs: topology.ahead,
  conversionMs: topology.conversion.within,
  currency: topology.currency,
  visit: { gapMs: topology.visits.windows.gap, graceMs: topology.visits.windows.grace, pages: topology.visits.pages },
}
