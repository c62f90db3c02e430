import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shippedShopEvents } from './fixtures/shop-events.ts'
import { readShopEvent, writeShopEvent } from './shop-event-wire.ts'
import { basketValue, type ShopEvent, shopEvent } from './shop-events.ts'

describe('what ever shipped', () => {
  test.each(shippedShopEvents)('%s is read', (value, event) => {
    const { v: _, ...read } = readShopEvent(Buffer.from(value)) as ShopEvent & { v: number }
    expect(read).toEqual(event)
    expect(shopEvent.parse(event)).toEqual(event)
  })

  test.each(shippedShopEvents)('%s is what is written', (value, event) => {
    expect(writeShopEvent(event as unknown as ShopEvent)).toBe(value)
  })
})

/** Events, with one of their parts replaced by something else now and then. */
const almostEvents = fc
  .record({
    event: fc.constantFrom(...shippedShopEvents.map(([, event]) => event as unknown as Record<string, unknown>)),
    field: fc.constantFrom(
      ...['type', 'id', 'time', 'session', 'customer', 'country', 'device', 'sku', 'query', 'results', 'change'],
      ...['currency', 'lines', 'orderId', 'more'],
    ),
    value: fc.oneof(
      fc.anything(),
      fc.string({ maxLength: 250 }),
      fc.integer(),
      fc.constantFrom<unknown>(
        '',
        'x'.repeat(64),
        'x'.repeat(65),
        0,
        -1_000,
        1_000,
        1_001,
        1.5,
        null,
        undefined,
        [],
        {},
      ),
      fc.constantFrom<unknown>(
        'A-1',
        '-A',
        'DE',
        'de',
        'EUR',
        'checkout',
        'basket',
        'é',
        '\u0007',
        '\ud800',
        'tablet',
        4_102_444_800_001,
      ),
      fc.array(
        fc.record({
          sku: fc.constantFrom<unknown>('A', 'a', 1),
          quantity: fc.constantFrom<unknown>(0, 1, 1_000, 1_001, '1'),
          price: fc.constantFrom<unknown>(-1, 0, 100_000_000, 100_000_001, 0.5),
        }),
        { maxLength: 52 },
      ),
    ),
  })
  .map(({ event, field, value }) => ({ ...event, [field]: value }))

test('what the reader takes is what the schema takes', () => {
  fc.assert(
    fc.property(almostEvents, (event) => {
      let value: string
      try {
        value = JSON.stringify({ v: 1, ...event })
      } catch {
        return
      }
      const { v: _, ...asSent } = JSON.parse(value) as Record<string, unknown>
      const { v: __, ...read } = readShopEvent(value) as unknown as Record<string, unknown>
      const { success } = shopEvent.safeParse(asSent)
      expect(success ? read : read.type).toEqual(success ? asSent : 'unreadable')
    }),
    { numRuns: 5_000 },
  )
})

test('whatever the bytes are, the answer is an event or a reason', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.json()), (value) => {
      expect(['view', 'search', 'basket', 'checkout', 'unreadable']).toContain(readShopEvent(value).type)
    }),
  )
  expect(readShopEvent(null)).toEqual({ type: 'unreadable', reason: 'no_value' })
  expect(readShopEvent('{"v":2}')).toEqual({ type: 'unreadable', reason: 'unknown_version' })
})

test('a basket is worth all of its pieces', () => {
  const lines = [
    { sku: 'A', quantity: 2, price: 890 },
    { sku: 'B', quantity: 1, price: 1 },
  ]
  const [, checkout] = shippedShopEvents[3]
  expect(basketValue({ ...checkout, device: 'mobile', lines })).toBe(1_781)
})
