import { type Drill, type SystemUnderDrill, shown } from './drill.ts'

const REQUESTS = 20
const PATH = '/api/stock'
/** As the alert has it. */
const RATE = 0.01

export const errorRate: Drill = {
  fault: 'inventory is frozen, and whoever asks for stock hears 503 or 504',
  make: async (system) => {
    await system.pause('inventory')
    const rate = await shown('failed answers', 50, async () => {
      const now = await rateOf(system)
      return now > RATE ? now : undefined
    })
    return {
      shows: `${Math.round(rate * 100)} % of ${REQUESTS} requests for ${PATH} failed`,
      look: [`curl -s ${system.url}/api/health`, `${system.url}/`, `${system.url}/processes`],
      mend: async () => {
        await system.resume('inventory')
        await shown('every request to succeed', 60, async () => ((await rateOf(system)) === 0 ? true : undefined))
        const health = await shown('everybody to be ready', 60, async () => {
          const now = await system.look<{ status: string }>('/api/health')
          return now?.status === 'ok' ? now.status : undefined
        })
        return `none of ${REQUESTS} requests failed, and the health of all is ${health}`
      },
    }
  },
}

const rateOf = async (system: SystemUnderDrill): Promise<number> => {
  const answers = await Promise.all(
    Array.from({ length: REQUESTS }, () => system.ask('GET', PATH).catch(() => undefined)),
  )
  return answers.filter((answer) => answer === undefined || answer.status >= 500).length / REQUESTS
}
