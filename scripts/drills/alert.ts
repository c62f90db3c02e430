import { type Fault, type SystemUnderDrill, shown } from './drill.ts'

/** From a fault that shows to its alert: what its rule waits for, two looks, and what holding it up takes. Seconds. */
const FIRES_IN = 180
/** A rate looks back five minutes. */
const RESTS_IN = 420
/** Before what is paused goes on by itself. */
const HOLD_MS = 45_000

/** Resolves with what the alert says once it fires, the fault being held up that long. */
export const fires = async (system: SystemUnderDrill, alert: string, { hold }: Fault): Promise<string> => {
  let heldAt = Date.now()
  return shown(`the alert ${alert} to fire`, FIRES_IN, async () => {
    if (hold !== undefined && Date.now() - heldAt > HOLD_MS) {
      heldAt = Date.now()
      await hold()
    }
    const found = await system.alert(alert)
    return found?.state === 'firing' ? found.summary : undefined
  })
}

/** Resolves once nothing is left of it. Who cannot be asked may not have heard that it is over. */
export const rests = (system: SystemUnderDrill, alert: string): Promise<true> =>
  shown(`the alert ${alert} to rest`, RESTS_IN, async () => {
    const isReached = (await system.look('/api/alerts')) !== undefined
    return (isReached && (await system.alert(alert)) === undefined) || undefined
  })
