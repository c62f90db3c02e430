import { hash } from 'node:crypto'

export interface Statement {
  /** Under which it is prepared; undefined for one that is not worth it. */
  readonly name: string | undefined
  /** The element types of the parameters that are cast to arrays (`$1::text[]`), by their index from 0. */
  readonly arrays: readonly (string | undefined)[]
}

/** Distinct statements that are prepared; the rest (lists of ever other lengths) is parsed each time. */
const MAX_PREPARED = 500
const known = new Map<string, Statement>()

/**
 * The statements of this system are few and run thousands of times: prepared once per connection, PostgreSQL neither
 * parses nor plans them again, which is most of what a short statement costs.
 */
export const statementOf = (text: string): Statement => {
  let statement = known.get(text)
  if (statement === undefined) {
    const prepared = known.size < MAX_PREPARED
    statement = { name: prepared ? hash('sha1', text).slice(0, 16) : undefined, arrays: arraysOf(text) }
    if (prepared) known.set(text, statement)
  }
  return statement
}

const arraysOf = (text: string): (string | undefined)[] => {
  const types: (string | undefined)[] = []
  for (const [, parameter, type] of text.matchAll(/\$(\d+)::(\w+)\[\]/g)) types[Number(parameter) - 1] = type
  return types
}
