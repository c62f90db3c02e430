import { expect, test } from 'vitest'
import { todaysState } from '#libs/decider'
import { expectStoredEvents } from '#libs/testing'
import { fulfilmentEvents, fulfilmentRows, orderEvents, returnSagaEvents } from './stored-events.fixture.ts'
import { streamKinds } from './stream-kinds.ts'
import { fulfilmentStates } from './versions.ts'

test.each([
  ['orders', () => expectStoredEvents(orderEvents)],
  ['sagas of orders', () => expectStoredEvents(fulfilmentEvents)],
  ['sagas of returns', () => expectStoredEvents(returnSagaEvents)],
])('%s are read in every version of their events that ever shipped', (_, check) => check())

test('a saga is read in every version of its state that ever shipped', () => {
  expect(fulfilmentRows).toHaveLength(fulfilmentStates.version)
  // Since version 2 every state is one of the next version, too.
  for (const [i, row] of fulfilmentRows.entries())
    expect(todaysState(fulfilmentStates, row, i + 1)).toEqual(fulfilmentRows[Math.max(1, i)])
})

test('the types that are told are those that there are', () => {
  const types = [orderEvents, fulfilmentEvents, returnSagaEvents].map(({ first }) => Object.keys(first).sort())
  expect(streamKinds.map(({ events }) => Object.keys(events).sort())).toEqual(types)
})
