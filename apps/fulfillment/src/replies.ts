import { setTimeout as delay } from 'node:timers/promises'
import type { Address } from '#libs/contracts'
import type { PersonalData } from '#libs/personal-data'
import type { Replies } from '#libs/request-reply'
import type { Carrier } from './carrier.ts'

/** Of one try, milliseconds: several fit into what anybody waits for a quote. */
const ANSWER_MS = 1_000
const TRIES = 3
const PAUSE_MS = 100

/** Question → reply. */
export const replies = (
  carrier: Pick<Carrier, 'quote'>,
  personal: Pick<PersonalData, 'openObject'>,
): Pick<Replies, 'shipment.quote'> => ({
  'shipment.quote': async ({ data }, signal) => {
    const address = await personal.openObject<Address>(data.address)
    if (address === undefined) return { type: 'shipment.not-quoted', data: { code: 'recipient_erased' } }
    const answer = await insisting(signal, (each) => carrier.quote({ ...data, address }, each))
    return answer.outcome === 'refused'
      ? { type: 'shipment.not-quoted', data: { code: answer.code } }
      : { type: 'shipment.quoted', data: answer.quote }
  },
})

/** Asking for a price changes nothing, so it may be asked for again. */
const insisting = async <T>(signal: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await ask(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]))
    } catch (error) {
      if (tries === TRIES || signal.aborted) throw error
      await delay(PAUSE_MS * tries)
    }
  }
}
