import { expect, test } from 'vitest'
import { expectStoredEvents } from '#libs/testing'
import { readinessEvents, returnEvents, shipmentEvents } from './stored-events.fixture.ts'
import { streamKinds } from './stream-kinds.ts'

test.each([
  ['shipments', () => expectStoredEvents(shipmentEvents)],
  ['parcels that come back', () => expectStoredEvents(returnEvents)],
  ['what was heard of choreographed orders', () => expectStoredEvents(readinessEvents)],
])('%s are read in every version of their events that ever shipped', (_, check) => check())

test('the types that are told are those that there are', () => {
  const types = [shipmentEvents, returnEvents, readinessEvents].map(({ first }) => Object.keys(first).sort())
  expect(streamKinds.map(({ events }) => Object.keys(events).sort())).toEqual(types)
})
