import { test } from 'vitest'
import { expectStoredEvents } from '#libs/testing'
import { paymentEvents } from './stored-events.fixture.ts'

test('payments are read in every version of their events that ever shipped', () => expectStoredEvents(paymentEvents))
