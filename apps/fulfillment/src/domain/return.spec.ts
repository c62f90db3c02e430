import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isRefusal } from '#libs/decider'
import { decide, type ReturnInput, returnDecider } from './decide-return.ts'
import type { ReturnParcel } from './return-parcel.ts'
import { returnReaction } from './return-reaction.ts'

const about = {
  orderId: '0b7e1d62-7d0a-5b1e-9f5c-2f8f6c1d9a01',
  customerId: 'cust-0001',
  returnId: '7c0f6f0e-5f0b-5b62-8f1e-0d1f6a7b8c90',
}
const address = { givenName: 'Ada', line1: 'Street 1', city: 'Berlin', postalCode: '10115', country: 'DE' }
const lines = [{ sku: 'MUG', quantity: 1 }]
const parcel = { shipmentId: 'shp-1', trackingNumber: 'WB1' }

const issue: ReturnInput = { type: 'issueLabel', data: { ...about, address, lines } }
const cancel: ReturnInput = { type: 'cancel', data: about }
const track: ReturnInput = { type: 'track', data: about }
const inspect: ReturnInput = { type: 'inspect', data: about }
const labelled: ReturnInput = { type: 'label_answered', answer: { outcome: 'done', parcel } }
const impossible: ReturnInput = { type: 'label_answered', answer: { outcome: 'refused', code: 'impossible' } }
const labelLost: ReturnInput = { type: 'label_answered', answer: { outcome: 'failed', reason: 'timeout' } }
const cancelled: ReturnInput = { type: 'cancellation_answered', answer: { outcome: 'done' } }
const tooLate: ReturnInput = { type: 'cancellation_answered', answer: { outcome: 'refused', code: 'dispatched' } }
const cancelLost: ReturnInput = { type: 'cancellation_answered', answer: { outcome: 'failed', reason: 'error' } }
const inspected: ReturnInput = {
  type: 'inspection_answered',
  answer: { outcome: 'done', accepted: lines, refused: [] },
}
const inspectionLost: ReturnInput = { type: 'inspection_answered', answer: { outcome: 'failed', reason: 'error' } }
const reported = (report: 'dispatched' | 'delivered' | 'lost'): ReturnInput => ({ type: 'reported', report, parcel })
const tracked = (status: 'booked' | 'delivered'): ReturnInput => ({
  type: 'tracking_answered',
  answer: { outcome: 'done', status },
})

/** The return after an input, and what the world gets to know: calls to the carrier and facts. */
const run = (state: ReturnParcel, input: ReturnInput): { state: ReturnParcel; outputs: string[] } => {
  const decision = decide(Object.freeze(state), input)
  if (isRefusal(decision)) return { state, outputs: [`refused ${decision.refused}`] }
  const outputs: string[] = []
  for (const event of decision) {
    state = returnDecider.evolve(state, event)
    const reaction = returnReaction(event, state)
    if (reaction === undefined) continue
    outputs.push('call' in reaction ? `call ${reaction.call.kind}` : reaction.fact.type)
  }
  return { state, outputs }
}

/** What follows the last of these inputs. */
const following = (...inputs: ReturnInput[]): string[] => {
  let state = returnDecider.initial
  let last: string[] = []
  for (const input of inputs) ({ state, outputs: last } = run(state, input))
  return last
}

describe('the parcel of a return', () => {
  test('a label, the warehouse, an inspection: each asked for once and said again', () => {
    expect(following(issue)).toEqual(['call return-label'])
    expect(following(issue, issue)).toEqual([])
    expect(following(issue, labelled)).toEqual(['return.label-issued'])
    expect(following(issue, labelled, issue)).toEqual(['return.label-issued'])
    expect(following(issue, labelled, reported('dispatched'))).toEqual([])
    expect(following(issue, labelled, reported('delivered'))).toEqual(['return.received'])
    expect(following(issue, labelled, reported('delivered'), reported('delivered'))).toEqual([])
    const received = [issue, labelled, reported('delivered')]
    expect(following(...received, inspect)).toEqual(['call return-inspect'])
    expect(following(...received, inspect, inspect)).toEqual([])
    expect(following(...received, inspect, inspected)).toEqual(['return.inspected'])
    expect(following(...received, inspect, inspected, inspect)).toEqual(['return.inspected'])
    expect(following(...received, inspect, inspectionLost)).toEqual(['return.failed'])
    expect(following(...received, inspect, inspectionLost, inspect)).toEqual(['call return-inspect'])
  })
  test('without a label there is nothing to come back, and asking again may bring one', () => {
    expect(following(issue, impossible)).toEqual(['return.impossible'])
    expect(following(issue, labelLost)).toEqual(['return.failed'])
    expect(following(issue, labelLost, issue)).toEqual(['call return-label'])
    expect(following(issue, impossible, cancel)).toEqual(['return.cancelled'])
  })
  test('a report says more than an answer that comes later', () => {
    expect(following(issue, reported('delivered'))).toEqual(['return.label-issued', 'return.received'])
    for (const late of [labelled, labelLost, impossible]) {
      const overtaken = [issue, reported('delivered')]
      expect(following(...overtaken, late)).toEqual([])
      expect(following(...overtaken, inspect, late)).toEqual([])
      expect(following(...overtaken, inspect, inspectionLost, late)).toEqual([])
      expect(following(...overtaken, inspect, inspected, late)).toEqual([])
    }
    expect(following(issue, labelLost, reported('lost'))).toEqual(['return.label-issued', 'return.lost'])
  })
  test('lost is lost', () => {
    expect(following(issue, labelled, reported('lost'))).toEqual(['return.lost'])
    expect(following(issue, labelled, reported('lost'), inspect)).toEqual(['refused not_received'])
    expect(following(issue, labelled, reported('lost'), track)).toEqual(['return.lost'])
  })
  test('is asked for at the carrier when nothing is heard', () => {
    expect(following(issue, labelled, track)).toEqual(['call return-track'])
    expect(following(issue, labelled, track, tracked('booked'))).toEqual([])
    expect(following(issue, labelled, track, tracked('delivered'))).toEqual(['return.received'])
    expect(following(track)).toEqual(['refused unknown_return'])
  })
})

describe('calling it off', () => {
  test('before the customer handed it over', () => {
    expect(following(cancel)).toEqual(['return.cancelled'])
    expect(following(cancel, issue)).toEqual(['return.cancelled'])
    expect(following(issue, cancel, labelled)).toEqual(['return.label-issued', 'call return-cancel'])
    expect(following(issue, labelled, cancel)).toEqual(['call return-cancel'])
    expect(following(issue, labelled, cancel, cancelled)).toEqual(['return.cancelled'])
    expect(following(issue, labelled, cancel, cancelLost)).toEqual(['return.failed'])
    expect(following(issue, labelled, cancel, cancelLost, cancel)).toEqual(['call return-cancel'])
    expect(following(issue, labelLost, cancel)).toEqual(['call return-label'])
  })
  test('comes too late for a parcel that is on its way', () => {
    expect(following(issue, labelled, cancel, tooLate)).toEqual(['return.cancellation-refused'])
    expect(following(issue, labelled, cancel, tooLate, reported('delivered'))).toEqual(['return.received'])
    const overtaken = [issue, labelled, cancel, reported('delivered')]
    expect(following(...overtaken)).toEqual(['return.label-issued', 'return.cancellation-refused', 'return.received'])
    expect(following(...overtaken, tooLate)).toEqual([])
    expect(following(issue, labelled, reported('delivered'), cancel)).toEqual(['return.cancellation-refused'])
  })
})

test('whatever happens in whatever order, what is called off never arrives, and what arrives is known', () => {
  const luck = fc.constantFrom('answers', 'loses_question', 'loses_answer', 'refuses')
  const happening = fc.oneof(
    luck,
    fc.constantFrom('issue', 'cancel', 'track', 'inspect', 'handover', 'arrives', 'loses', 'reports'),
  )
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 25 }), (happenings) => {
      let state = returnDecider.initial
      let carrier = 'nothing' as 'nothing' | 'impossible' | 'booked' | 'cancelled' | 'dispatched' | 'delivered' | 'lost'
      const calls: string[] = []
      const facts = new Set<string>()
      const reports: ReturnInput[] = []
      const take = (input: ReturnInput) => {
        const { state: next, outputs } = run(state, input)
        state = next
        for (const what of outputs) {
          if (what.startsWith('call ')) calls.push(what.slice(5))
          else facts.add(what)
        }
      }
      const answer = (luck: string) => {
        const call = calls.shift()
        if (call === 'return-label') {
          if (luck === 'loses_question') return take(labelLost)
          if (carrier === 'nothing') carrier = luck === 'refuses' ? 'impossible' : 'booked'
          take(luck === 'loses_answer' ? labelLost : carrier === 'impossible' ? impossible : labelled)
        } else if (call === 'return-cancel') {
          if (luck === 'loses_question') return take(cancelLost)
          if (carrier === 'booked') carrier = 'cancelled'
          take(luck === 'loses_answer' ? cancelLost : carrier === 'cancelled' ? cancelled : tooLate)
        } else if (call === 'return-inspect') {
          take(luck === 'answers' ? inspected : inspectionLost)
        } else if (call === 'return-track') {
          const status = carrier === 'nothing' || carrier === 'impossible' ? 'booked' : carrier
          take({ type: 'tracking_answered', answer: { outcome: 'done', status } })
        }
      }
      const goes = (from: typeof carrier, to: 'dispatched' | 'delivered' | 'lost') => {
        if (carrier !== from) return
        carrier = to
        reports.unshift(reported(to))
      }
      const happens = (what: string) => {
        if (what === 'issue') take(issue)
        else if (what === 'cancel') take(cancel)
        else if (what === 'track') take(track)
        else if (what === 'inspect') take(inspect)
        else if (what === 'handover') goes('booked', 'dispatched')
        else if (what === 'arrives') goes('dispatched', 'delivered')
        else if (what === 'loses') goes('dispatched', 'lost')
        else if (what === 'reports') for (const report of reports) take(report)
        else answer(what)
      }
      for (const what of happenings) happens(what)
      while (calls.length > 0) answer('answers')
      for (const report of reports) take(report)
      while (calls.length > 0) answer('answers')

      expect(facts.has('return.cancelled') && facts.has('return.received')).toBe(false)
      expect(facts.has('return.lost') && facts.has('return.received')).toBe(false)
      if (carrier === 'delivered') expect(facts).toContain('return.received')
      if (carrier === 'lost') expect(facts).toContain('return.lost')
      if (state.status === 'cancelled') expect(['nothing', 'impossible', 'cancelled']).toContain(carrier)
    }),
    { numRuns: 1_000, interruptAfterTimeLimit: 10_000 },
  )
})
