import { expect, test } from 'vitest'
import { expectStoredEvents } from '#libs/testing'
import { paymentEvents } from './stored-events.fixture.ts'
import { streamKinds } from './stream-kinds.ts'

test('payments are read in every version of their events that ever shipped', () => expectStoredEvents(paymentEvents))

test('the types that are told are those that there are', () => {
  const types = [paymentEvents].map(({ first }) => Object.keys(first).sort())
  expect(streamKinds.map(({ events }) => Object.keys(events).sort())).toEqual(types)
})
