import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from './client.ts'

interface Check {
  readonly name: string
  readonly violations: number
  readonly of: number
  readonly sample: readonly string[]
}
export interface OracleAnswer {
  readonly checkedAt: string
  readonly checks: readonly Check[]
  readonly missing: readonly { readonly name: string; readonly detail: string }[]
}

export const askOracle = (client: Client): Promise<OracleAnswer> => client.get<OracleAnswer>('/api/oracle')

export const brokenIn = ({ checks }: OracleAnswer): string[] =>
  checks.filter(({ violations }) => violations > 0).map(({ name, sample }) => `${name}: ${sample.join('; ')}`)

/** Asks the console's oracle until it is over: how many looks found everything, and what any of them found broken. */
export const watchOracle = async (client: Client, isOver: () => boolean) => {
  const problems = new Set<string>()
  let whole = 0
  while (!isOver()) {
    // Whoever is being killed answers nothing, and that is for others to judge.
    const answer = await askOracle(client).catch(() => undefined)
    if (answer?.missing.length === 0) whole++
    for (const problem of answer === undefined ? [] : brokenIn(answer)) problems.add(problem)
    await pause(1_000)
  }
  return { whole, problems: [...problems] }
}
