import { test } from 'vitest'
import { expectStoredEvents } from '#libs/testing'
import { readinessEvents, returnEvents, shipmentEvents } from './stored-events.fixture.ts'

test.each([
  ['shipments', () => expectStoredEvents(shipmentEvents)],
  ['parcels that come back', () => expectStoredEvents(returnEvents)],
  ['what was heard of choreographed orders', () => expectStoredEvents(readinessEvents)],
])('%s are read in every version of their events that ever shipped', (_, check) => check())
