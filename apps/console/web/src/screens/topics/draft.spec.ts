import { expect, test } from 'vitest'
import type { TopicRecord } from '../../server/types.ts'
import { bodyOf, copyOf, emptyDraft } from './draft.ts'

const NOW = '2026-11-27T20:00:00.000Z'

test('a draft has every header that a message must have', () => {
  const { headers } = bodyOf(emptyDraft('id-1', NOW))
  expect(headers).toMatchObject({ ce_id: 'id-1', ce_time: NOW, correlationid: 'id-1', causationid: 'id-1' })
})

test('a copy says the same under an id of its own, in one line', () => {
  const record = {
    ...{ key: 'cust-0001', headers: { ce_id: 'old', ce_source: '/waybill/order', testmessage: 'operator:ann' } },
    data: { total: { amount: 5 } },
  } as unknown as TopicRecord
  expect(bodyOf(copyOf(record, 'new'))).toEqual({
    key: 'cust-0001',
    headers: { ce_id: 'new', ce_source: '/waybill/order' },
    value: '{ "total": { "amount": 5 } }',
  })
})

test('headers are read line by line: a value may hold colons, a line without a name is none', () => {
  const { headers } = bodyOf({ key: 'k', value: '', headers: 'a: b:c\n\n: nobody\nno colon\n traceparent :x ' })
  expect(headers).toEqual({ a: 'b:c', traceparent: 'x' })
})
