import { type Drill, shown } from './drill.ts'

const GROUP = 'analytics-stream'
/** As the alert has it. Records. */
const HIGH = 10_000
const LOW = 1_000

export const lagHigh: Drill = {
  fault: 'analytics is frozen under visitors by the thousand',
  make: async (system) => {
    await system.do('POST', '/api/traffic', { rate: 2_000, seconds: 180 })
    // Lag is counted where the group has committed something.
    await shown(`${GROUP} to be at work`, 60, async () => ((await system.lagOf(GROUP)) ?? 0) > 0 || undefined)
    await system.pause('analytics')
    const lag = await shown(`a lag of more than ${HIGH} of ${GROUP}`, 55, async () => {
      const now = await system.lagOf(GROUP)
      return now !== undefined && now > HIGH ? now : undefined
    })
    return {
      shows: `${GROUP} is ${lag} records behind`,
      look: [`curl -s ${system.url}/api/groups`, `${system.url}/groups`, `${system.url}/processes`],
      hold: () => system.pauseAgain('analytics'),
      mend: async () => {
        await system.resume('analytics')
        await system.do('DELETE', '/api/traffic')
        const left = await shown(`${GROUP} to have caught up`, 180, async () => {
          const now = await system.lagOf(GROUP)
          return now !== undefined && now < LOW ? now : undefined
        })
        return `${GROUP} is ${left} records behind`
      },
    }
  },
}
