import type { Campaign } from '../../server/types.ts'

export type Template = Campaign['template']
type Segment = Campaign['segment']

/** What can be said of each, and what it may be filled with: nothing of it must be. */
export const TEMPLATES: Readonly<Record<Template, { readonly label: string; readonly values: readonly string[] }>> = {
  season_sale: { label: 'A sale', values: ['until', 'discount'] },
  free_delivery: { label: 'Free delivery', values: ['until'] },
  new_in_the_shop: { label: 'New in the shop', values: ['product'] },
}

/** What is written into the form, as it is written. */
export interface Draft {
  readonly template: Template
  readonly values: Readonly<Record<string, string>>
  readonly whom: 'everybody' | 'lately' | 'named'
  /** Of those who were told something lately: in how many days. */
  readonly days: string
  /** Ids of customers, by spaces, commas or lines. */
  readonly named: string
  /** Local time, as a field of the browser has it; empty for now. */
  readonly at: string
}

export const emptyDraft: Draft = {
  ...{ template: 'season_sale', values: {}, whom: 'everybody', days: '30', named: '', at: '' },
}

const DAY_MS = 86_400_000

/** What to ask for, or what is missing. Whether the gateway takes it is for the gateway to say. */
export const requestOf = (
  draft: Draft,
  now: number,
): { readonly request: Readonly<Record<string, unknown>> } | { readonly fault: string } => {
  const segment = segmentOf(draft, now)
  if (typeof segment === 'object' && 'fault' in segment) return segment
  const known = TEMPLATES[draft.template].values
  const given = known.map((name) => [name, draft.values[name]?.trim() ?? '']).filter(([, value]) => value !== '')
  const at = draft.at === '' ? undefined : new Date(draft.at)
  if (at !== undefined && Number.isNaN(at.getTime())) return { fault: 'That is no time' }
  return {
    request: {
      ...{ template: draft.template, values: Object.fromEntries(given), segment },
      ...(at !== undefined && { at: at.toISOString() }),
    },
  }
}

const segmentOf = ({ whom, days, named }: Draft, now: number): Segment | { readonly fault: string } => {
  if (whom === 'everybody') return 'everybody'
  if (whom === 'lately') {
    const count = Number(days)
    if (days.trim() === '' || !(count > 0 && count <= 3_650)) return { fault: 'Say a number of days up to 3650' }
    return { toldSince: new Date(now - count * DAY_MS).toISOString() }
  }
  const customerIds = named.split(/[\s,]+/).filter(Boolean)
  return customerIds.length === 0 ? { fault: 'Name at least one customer' } : { customerIds }
}

/** Whom a campaign is for, in a few words. */
export const segmentSays = (segment: Segment): string => {
  if (segment === 'everybody') return segment
  if ('toldSince' in segment) return `told something since ${segment.toldSince.slice(0, 10)}`
  const [first, ...others] = segment.customerIds
  return others.length === 0 ? first! : `${first} and ${others.length} more`
}
