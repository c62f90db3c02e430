import type { Subscription } from '../../server/types.ts'

type Filter = Subscription['filter']
type Deliver = Subscription['deliver']

/** What is written into the form, as it is written. */
export interface Draft {
  /** Patterns, by spaces, commas or lines. */
  readonly types: string
  /** One condition in a line: `/total/amount >= 10000`. */
  readonly conditions: string
  readonly to: Deliver['to']
  /** The URL, the address or the name. */
  readonly where: string
  readonly ordered: boolean
}

export const emptyDraft: Draft = { types: 'order.*', conditions: '', to: 'webhook', where: '', ordered: false }

const OPERATORS = ['==', '!=', '<=', '>=', '<', '>', 'in', 'exists'] as const
const LINE = /^(\/\S*)\s+(==|!=|<=|>=|<|>|in|exists)\s+(.+)$/

/** The filter that is written, or what is wrong with it. Whether the gateway takes it is for the gateway to say. */
export const filterOf = ({ types, conditions }: Draft): { readonly filter: Filter } | { readonly fault: string } => {
  const patterns = types.split(/[\s,]+/).filter(Boolean)
  if (patterns.length === 0) return { fault: 'Say at least one type, e.g. order.*' }
  const match: Record<string, Record<string, unknown>> = {}
  for (const line of conditions.split('\n').map((each) => each.trim())) {
    if (line === '') continue
    const [, pointer, operator, value] = LINE.exec(line) ?? []
    if (pointer === undefined || operator === undefined || value === undefined)
      return { fault: `“${line}” is no condition: write /path ${OPERATORS.join('|')} value` }
    match[pointer] = { ...match[pointer], [operator]: parsedOrText(value) }
  }
  const filter = { types: patterns, ...(Object.keys(match).length > 0 && { match }) }
  return { filter: filter as Filter }
}

export const deliverOf = ({ to, where, ordered }: Draft): Deliver => {
  const given = where.trim()
  if (to === 'webhook') return { to, url: given, ...(ordered && { ordered }) }
  return to === 'email' ? { to, address: given } : { to, name: given }
}

/** JSON where it is that; else the text as it stands. */
const parsedOrText = (written: string): unknown => {
  try {
    return JSON.parse(written)
  } catch {
    return written
  }
}

export const whereOf = (deliver: Deliver): string => {
  if (deliver.to === 'webhook') return deliver.url
  return deliver.to === 'email' ? deliver.address : deliver.name
}

/** A filter in one line. */
export const filterSays = ({ types, match = {} }: Filter): string => {
  const conditions = Object.entries(match).flatMap(([pointer, condition]) =>
    Object.entries(condition).map(([operator, value]) => `${pointer} ${operator} ${JSON.stringify(value)}`),
  )
  return [types.join(', '), ...conditions].join(' · ')
}
