import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from './client.ts'

interface Level {
  readonly onHand: number
  readonly reserved: number
}
interface Product extends Level {
  readonly sku: string
  /** Of its events: the level is what they add up to up to here. */
  readonly version: number
}
interface Movement extends Level {
  readonly version: number
  readonly kind: 'receipt' | 'reservation' | 'release' | 'dispatch' | 'return' | 'count'
  readonly quantity: number
}

/** Every product's level in the table is what its movements add up to, and what its events do; answers where not, in words. */
export const wrongHistories = async (client: Client): Promise<string[]> => {
  const { items } = await client.get<{ items: Product[] }>('/api/stock')
  const problems: string[] = []
  for (const product of items)
    problems.push(...(await wrongMovements(client, product)), ...(await wrongFold(client, product)))
  return problems
}

/** Looks at one product after the other until it is over; how often it could, and where table and events did not agree. */
export const watchLevels = async (client: Client, skus: readonly string[], isOver: () => boolean) => {
  const problems: string[] = []
  let looks = 0
  for (let i = 0; !isOver(); i++) {
    // Whoever is being killed answers nothing, and that is for others to judge.
    const seen = await wrongFoldOf(client, skus[i % skus.length]!).catch(() => undefined)
    if (seen !== undefined) looks++
    problems.push(...(seen ?? []))
    await pause(20)
  }
  return { looks, problems }
}

const wrongFoldOf = async (client: Client, sku: string): Promise<string[]> =>
  wrongFold(client, await client.get<Product>(`/api/stock/${sku}`))

const wrongFold = async (client: Client, { sku, version, ...table }: Product): Promise<string[]> => {
  if (version === 0) return []
  const folded = await client.get<Product>(`/api/stock/${sku}?asOf=${version}`)
  return differs(folded, table) || folded.version !== version
    ? [
        `the events of ${sku} add up to ${JSON.stringify(folded)}, and version ${version} of the table is ${words(table)}`,
      ]
    : []
}

const wrongMovements = async (client: Client, { sku, version, ...table }: Product): Promise<string[]> => {
  const problems: string[] = []
  let level: Level = { onHand: 0, reserved: 0 }
  for (const movement of (await allMovements(client, sku)).filter((movement) => movement.version <= version)) {
    level = behind(level, movement)
    if (differs(movement, level)) problems.push(`${sku} is ${words(level)} behind ${JSON.stringify(movement)}`)
  }
  if (differs(table, level)) problems.push(`the movements of ${sku} add up to ${words(level)}, not to ${words(table)}`)
  return problems
}

/** Oldest first. */
const allMovements = async (client: Client, sku: string): Promise<Movement[]> => {
  const movements: Movement[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { items: Movement[]; nextCursor: string | null } = await client.get(
      `/api/stock/${sku}/movements?limit=500${cursor && `&cursor=${cursor}`}`,
    )
    movements.push(...page.items)
    cursor = page.nextCursor
  }
  return movements.reverse()
}

const behind = ({ onHand, reserved }: Level, { kind, quantity, ...counted }: Movement): Level => {
  switch (kind) {
    case 'receipt':
    case 'return':
      return { onHand: onHand + quantity, reserved }
    case 'reservation':
      return { onHand, reserved: reserved + quantity }
    case 'release':
      return { onHand, reserved: reserved - quantity }
    case 'dispatch':
      return { onHand: onHand - quantity, reserved: reserved - quantity }
    case 'count':
      return counted
  }
}

const differs = (one: Level, other: Level): boolean => one.onHand !== other.onHand || one.reserved !== other.reserved
const words = ({ onHand, reserved }: Level): string => `onHand ${onHand} and reserved ${reserved}`
