import { expect, test } from 'vitest'
import { readableVersions, todaysState } from '#libs/decider'
import { expectStoredEvents } from '#libs/testing'
import { stockHistory } from './movements.ts'
import { reservationEvents, stockEvents } from './stored-events.fixture.ts'
import { streamKinds } from './stream-kinds.ts'

test.each([
  ['reservations', () => expectStoredEvents(reservationEvents)],
  ['products', () => expectStoredEvents(stockEvents)],
])('%s are read in every version of their events that ever shipped', (_, check) => check())

/** Of a product, by version. */
const snapshots = [{ onHand: 13, reserved: 2 }]

test('snapshots of every version that ever shipped are read, or not looked for', () => {
  expect(snapshots).toHaveLength(stockHistory.snapshots.version)
  for (const version of readableVersions(stockHistory.snapshots))
    expect(todaysState(stockHistory.snapshots, snapshots[version - 1], version)).toEqual({ onHand: 13, reserved: 2 })
})

test('the types that are told are those that there are', () => {
  const types = [reservationEvents, stockEvents].map(({ first }) => Object.keys(first).sort())
  expect(streamKinds.map(({ events }) => Object.keys(events).sort())).toEqual(types)
})
