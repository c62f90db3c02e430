import { type Drill, shown } from './drill.ts'

/** As the alert has it. Records. */
const BEHIND = 1_000
/** Each is some nine facts, of which the read model hears. */
const AT_ONCE = 10

export const projectionBehind: Drill = {
  fault: 'query is frozen under orders, and its read models show the past',
  make: async (system) => {
    await system.pause('query')
    let placed = ''
    const lag = await shown(`a lag of more than ${BEHIND} of query`, 58, async () => {
      const orders = await Promise.all(Array.from({ length: AT_ONCE }, () => system.place()))
      placed = orders.at(-1)!
      const now = await system.lagOf('query')
      return now !== undefined && now > BEHIND ? now : undefined
    })
    return {
      shows: `query is ${lag} records behind`,
      look: [
        `curl -s ${system.url}/api/groups`,
        `curl -s ${system.url}/api/projections`,
        `${system.url}/projections`,
        `${system.url}/processes`,
      ],
      hold: () => system.pauseAgain('query'),
      mend: async () => {
        await system.resume('query')
        const left = await shown('query to have caught up', 180, async () => {
          const now = await system.lagOf('query')
          return now !== undefined && now < 50 ? now : undefined
        })
        const seen = await shown('the newest order in the read model', 60, async () => {
          const order = await system.look<{ status: string; missing?: string[] }>(`/api/orders/${placed}`)
          return order !== undefined && order.missing === undefined ? order.status : undefined
        })
        return `query is ${left} records behind, and shows the newest order as ${seen}`
      },
    }
  },
}
