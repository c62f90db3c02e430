import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Consequences } from './consequences.ts'
import { consequenceId, uuidFrom } from './ids.ts'

const uuidV5 = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('a name gives one UUIDv5, whoever asks and however often', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      expect(uuidFrom(name)).toMatch(uuidV5)
      expect(uuidFrom(name)).toBe(uuidFrom(name))
    }),
  )
})

test('ids are the same for good: a deployed system has them in its logs', () => {
  expect(consequenceId('cause', 0)).toBe('5ef76218-3488-5769-847f-794ed18e5995')
})

test('handling a cause again gives its consequences the same ids, and each consequence one of its own', () => {
  const handle = () => {
    const consequences = new Consequences({ id: 'm1', correlationId: 'o1' }, '/waybill/test', new Date())
    return [consequences.nextId(), consequences.nextId(), consequences.nextId()]
  }
  expect(handle()).toEqual(handle())
  expect(new Set(handle()).size).toBe(3)
})

test('two services that react to one message do not give their consequences the same ids', () => {
  const first = (source: string) => new Consequences({ id: 'm1', correlationId: 'o1' }, source, new Date()).nextId()
  expect(first('/waybill/payment')).not.toBe(first('/waybill/inventory'))
})
