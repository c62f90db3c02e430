import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { RunningSystem } from '../test/support/system.ts'
import { report } from './figures.ts'
import { processorTimes, totalOf } from './processor.ts'

const CONSOLES = 200
const WARM_UP_S = 20
/** Of one core, that the gateway may take for all of them. */
const BAR = 0.1
/** What an open overview asks for, and how often; apps/console/web/src/screens/overview/queries.ts and …/server. Milliseconds. */
const LOOKS = {
  '/api/topics': 5_000,
  '/api/groups': 5_000,
  '/api/parked/counts': 5_000,
  '/api/sagas/counts': 5_000,
  '/api/health': 10_000,
  '/api/alerts': 10_000,
} as const

/** What two hundred people cost who look at the overview of a system at rest, each with a stream of events and its looks. */
export const consoles = async (system: RunningSystem, seconds: number): Promise<void> => {
  const agent = new Agent({ connections: CONSOLES, pipelining: 1, bodyTimeout: 0 })
  const closing = new AbortController()
  let answers = 0
  let unchanged = 0
  /** Says what it has, as a browser does by itself; answers what it has then. */
  const look = async (path: string, known: string | undefined): Promise<string | undefined> => {
    const { statusCode, headers, body } = await request(`${system.url}${path}`, {
      ...{ dispatcher: agent, signal: closing.signal },
      headers: { 'accept-encoding': 'gzip', ...(known !== undefined && { 'if-none-match': known }) },
    })
    await body.dump()
    if (statusCode !== 200 && statusCode !== 304) throw new Error(`${path} was answered ${statusCode}`)
    answers++
    if (statusCode === 304) unchanged++
    return headers.etag?.toString()
  }
  const before = await spent(system, seconds)
  const streams = Array.from({ length: CONSOLES }, () => follow(system.url, closing.signal))
  const looks = Array.from({ length: CONSOLES }, (_, console) =>
    Object.entries(LOOKS).map(async ([path, everyMs]) => {
      // Nobody opens it at the same moment.
      await pause((everyMs * console) / CONSOLES, undefined, { signal: closing.signal })
      let known: string | undefined
      for (;;) {
        const [etag] = await Promise.all([look(path, known), pause(everyMs, undefined, { signal: closing.signal })])
        known = etag
      }
    }),
  )
  const everything = Promise.all([...streams, ...looks.flat()])
  await Promise.race([pause(WARM_UP_S * 1_000), everything])
  const [asked, same] = [answers, unchanged]
  const meanwhile = await Promise.race([spent(system, seconds), everything.then(() => before)])
  const [gateway, all] = [meanwhile.gateway - before.gateway, meanwhile.all - before.all]
  report(
    `${CONSOLES} consoles open at rest, gateway, of a core`,
    `${(gateway * 100).toFixed(1)} %`,
    `< ${BAR * 100} %`,
    gateway < BAR,
  )
  console.log(
    `  all processes ${(all * 100).toFixed(1)} % more than without; ${((answers - asked) / seconds).toFixed(0)} answers a second, ` +
      `of which ${((unchanged - same) / seconds).toFixed(0)} said that nothing has changed`,
  )
  closing.abort()
  await everything.catch(() => {})
  await agent.destroy()
}

/** Shares of one core during so many seconds, of the gateway and of all processes but this one. */
const spent = async (system: RunningSystem, seconds: number): Promise<{ gateway: number; all: number }> => {
  const before = await processorTimes(system)
  await pause(seconds * 1_000)
  const after = await processorTimes(system)
  const own = (name: string) => after.get(name)! - before.get(name)!
  const all = totalOf(after) - totalOf(before) - own('bench')
  return { gateway: own('console') / (seconds * 1_000), all: all / (seconds * 1_000) }
}

/** Reads a stream of events for as long as it is wanted. */
const follow = async (url: string, signal: AbortSignal): Promise<void> => {
  const { statusCode, body } = await request(`${url}/api/stream?topics=orders`, {
    ...{ signal, headers: { accept: 'text/event-stream' }, bodyTimeout: 0 },
  })
  if (statusCode !== 200) throw new Error(`a stream was answered ${statusCode}`)
  for await (const _ of body);
}
