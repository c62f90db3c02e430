import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isRefusal } from '#libs/decider'
import { decide, type ShipmentInput, shipmentDecider } from './decide.ts'
import { reactionTo } from './reaction.ts'
import type { Shipment } from './shipment.ts'

const about = { orderId: '0b7e1d62-7d0a-5b1e-9f5c-2f8f6c1d9a01', customerId: 'cust-0001' }
const address = { givenName: 'Ada', line1: 'Street 1', city: 'Berlin', postalCode: '10115', country: 'DE' }
const parcel = { shipmentId: 'shp-1', trackingNumber: 'WB1' }

const ship: ShipmentInput = { type: 'ship', data: { ...about, address, lines: [{ sku: 'MUG', quantity: 1 }] } }
const cancel: ShipmentInput = { type: 'cancel', data: about }
const booked: ShipmentInput = { type: 'booking_answered', answer: { outcome: 'done', parcel } }
const impossible: ShipmentInput = { type: 'booking_answered', answer: { outcome: 'refused', code: 'no_route' } }
const bookingLost: ShipmentInput = { type: 'booking_answered', answer: { outcome: 'failed', reason: 'timeout' } }
const cancelled: ShipmentInput = { type: 'cancellation_answered', answer: { outcome: 'done' } }
const tooLate: ShipmentInput = { type: 'cancellation_answered', answer: { outcome: 'refused', code: 'dispatched' } }
const cancelLost: ShipmentInput = { type: 'cancellation_answered', answer: { outcome: 'failed', reason: 'error' } }
const dispatched: ShipmentInput = { type: 'reported', report: 'dispatched', parcel }
const delivered: ShipmentInput = { type: 'reported', report: 'delivered', parcel }

/** The shipment after an input, and what the world gets to know: calls to the carrier and facts. */
const run = (shipment: Shipment, input: ShipmentInput): { shipment: Shipment; outputs: string[] } => {
  const decision = decide(Object.freeze(shipment), input)
  if (isRefusal(decision)) return { shipment, outputs: [`refused ${decision.refused}`] }
  const outputs: string[] = []
  for (const event of decision) {
    shipment = shipmentDecider.evolve(shipment, event)
    const reaction = reactionTo(event, shipment)
    if (reaction === undefined) continue
    if ('call' in reaction) outputs.push(`call ${reaction.call.kind}`)
    else outputs.push(reaction.fact.type)
  }
  return { shipment, outputs }
}

/** What follows the last of these inputs. */
const following = (...inputs: ShipmentInput[]): string[] => {
  let shipment = shipmentDecider.initial
  let last: string[] = []
  for (const input of inputs) ({ shipment, outputs: last } = run(shipment, input))
  return last
}

describe('shipping', () => {
  test('books at the carrier once, and tells how it went, again whoever asks again', () => {
    expect(following(ship)).toEqual(['call book'])
    expect(following(ship, ship)).toEqual([])
    expect(following(ship, booked)).toEqual(['shipment.booked'])
    expect(following(ship, booked, ship)).toEqual(['shipment.booked'])
    expect(following(ship, impossible)).toEqual(['shipment.impossible'])
    expect(following(ship, impossible, ship)).toEqual(['shipment.impossible'])
  })
  test('without a usable answer is tried again when it is asked for again', () => {
    expect(following(ship, bookingLost)).toEqual(['shipment.failed'])
    expect(following(ship, bookingLost, ship)).toEqual(['call book'])
  })
  test('is followed by what the carrier reports, once', () => {
    expect(following(ship, booked, dispatched)).toEqual(['shipment.dispatched'])
    expect(following(ship, booked, dispatched, dispatched)).toEqual([])
    expect(following(ship, booked, dispatched, delivered)).toEqual(['shipment.delivered'])
    expect(following(ship, booked, dispatched, delivered, delivered)).toEqual([])
  })
})

describe('a report of the carrier', () => {
  test('is as good as the answer to the booking, when it is faster or the answer was lost', () => {
    expect(following(ship, dispatched)).toEqual(['shipment.booked', 'shipment.dispatched'])
    expect(following(ship, dispatched, booked)).toEqual([])
    expect(following(ship, bookingLost, dispatched)).toEqual(['shipment.booked', 'shipment.dispatched'])
  })
  test('says what must have gone before', () => {
    expect(following(ship, booked, delivered)).toEqual(['shipment.dispatched', 'shipment.delivered'])
    expect(following(ship, booked, delivered, dispatched)).toEqual([])
  })
  test('about nothing that is ours is refused', () => {
    expect(following(dispatched)).toEqual(['refused unknown_shipment'])
    expect(following(ship, booked, cancel, cancelled, dispatched)).toEqual(['refused not_under_way'])
  })
})

describe('cancelling', () => {
  test('before anything was booked needs no carrier, and nothing will be booked', () => {
    expect(following(cancel)).toEqual(['shipment.cancelled'])
    expect(following(cancel, ship)).toEqual(['shipment.cancelled'])
    expect(following(ship, impossible, cancel)).toEqual(['shipment.cancelled'])
  })
  test('asks the carrier to forget what is booked', () => {
    expect(following(ship, booked, cancel)).toEqual(['call cancel'])
    expect(following(ship, booked, cancel, cancel)).toEqual([])
    expect(following(ship, booked, cancel, cancelled)).toEqual(['shipment.cancelled'])
    expect(following(ship, booked, cancel, cancelled, cancel)).toEqual(['shipment.cancelled'])
  })
  test('waits for the outcome of a booking under way', () => {
    expect(following(ship, cancel)).toEqual([])
    expect(following(ship, cancel, booked)).toEqual(['shipment.booked', 'call cancel'])
    expect(following(ship, cancel, impossible)).toEqual(['shipment.impossible', 'shipment.cancelled'])
    expect(following(ship, cancel, bookingLost)).toEqual(['shipment.failed', 'shipment.failed'])
  })
  test('is refused once the parcel has left, whoever says so first', () => {
    expect(following(ship, booked, cancel, tooLate)).toEqual(['shipment.cancellation-refused'])
    expect(following(ship, booked, cancel, tooLate, dispatched)).toEqual(['shipment.dispatched'])
    expect(following(ship, booked, cancel, dispatched)).toEqual(['shipment.dispatched'])
    expect(following(ship, booked, cancel, dispatched, cancel)).toEqual([])
    expect(following(ship, booked, cancel, dispatched, tooLate)).toEqual(['shipment.cancellation-refused'])
    expect(following(ship, booked, cancel, dispatched, cancelLost)).toEqual(['shipment.cancellation-refused'])
    expect(following(ship, booked, dispatched, cancel)).toEqual(['shipment.cancellation-refused'])
    expect(following(ship, cancel, dispatched)).toEqual([
      'shipment.booked',
      'shipment.dispatched',
      'shipment.cancellation-refused',
    ])
  })
  test('that got no usable answer is tried again when it is asked for again', () => {
    expect(following(ship, booked, cancel, cancelLost)).toEqual(['shipment.failed'])
    expect(following(ship, booked, cancel, cancelLost, cancel)).toEqual(['call cancel'])
  })
  test('finds out first whether a booking without an answer took place', () => {
    for (const before of [
      [ship, bookingLost, cancel],
      [ship, cancel, bookingLost, cancel],
    ]) {
      expect(following(...before)).toEqual(['call book'])
      expect(following(...before, booked)).toEqual(['shipment.booked', 'call cancel'])
      expect(following(...before, impossible)).toEqual(['shipment.impossible', 'shipment.cancelled'])
    }
  })
})

/** What may happen at the carrier, which does things or not and answers or not, and reports late and repeatedly. */
const happening = fc.constantFrom(
  'ship',
  'cancel',
  'answers',
  'refuses',
  'loses_question',
  'loses_answer',
  'dispatches',
  'delivers',
  'reports',
)

test('whatever happens in whatever order, we say of the parcel what the carrier did with it', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
      let carrier = 'nothing' as 'nothing' | 'booked' | 'cancelled' | 'dispatched' | 'delivered'
      let shipment = shipmentDecider.initial
      const calls: string[] = []
      const facts: string[] = []
      const reports: ShipmentInput[] = []
      const take = (input: ShipmentInput) => {
        const { shipment: next, outputs } = run(shipment, input)
        shipment = next
        for (const what of outputs) {
          if (what.startsWith('call ')) calls.push(what.slice(5))
          else facts.push(what)
        }
      }
      const answer = (luck: string) => {
        const call = calls.shift()
        if (call === 'book') {
          if (luck === 'loses_question') return take(bookingLost)
          if (carrier === 'nothing') {
            if (luck === 'refuses') return take(impossible)
            carrier = 'booked'
          }
          const no = carrier === 'cancelled'
          take(luck === 'loses_answer' ? bookingLost : no ? impossible : booked)
        } else if (call === 'cancel') {
          if (luck === 'loses_question') return take(cancelLost)
          if (carrier === 'nothing' || carrier === 'booked') carrier = 'cancelled'
          take(luck === 'loses_answer' ? cancelLost : carrier === 'cancelled' ? cancelled : tooLate)
        }
      }
      const happens = (what: string) => {
        if (what === 'ship') take(ship)
        else if (what === 'cancel') take(cancel)
        else if (what === 'dispatches') {
          if (carrier !== 'booked') return
          carrier = 'dispatched'
          reports.push(dispatched)
        } else if (what === 'delivers') {
          if (carrier !== 'dispatched') return
          carrier = 'delivered'
          reports.unshift(delivered)
        } else if (what === 'reports') for (const report of reports) take(report)
        else answer(what)
      }
      for (const what of happenings) {
        happens(what)
        expect(calls.length).toBeLessThanOrEqual(1)
      }
      // Everything that is still under way comes to its end.
      while (calls.length > 0) answer('answers')
      for (const report of reports) take(report)
      while (calls.length > 0) answer('answers')

      expect(new Set(facts).has('shipment.cancelled') && new Set(facts).has('shipment.dispatched')).toBe(false)
      if (carrier === 'dispatched' || carrier === 'delivered') expect(shipment.status).toBe(carrier)
      if (shipment.status === 'cancelled') expect(['nothing', 'cancelled']).toContain(carrier)
    }),
    { numRuns: 2_000 },
  )
})
