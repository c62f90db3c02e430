import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Store } from '../store/store.ts'
import { temporaryDirectory } from '../testing/simulators.ts'
import { Effects } from './effects.ts'

test('what was done for each order is summed, and what is there twice is named', async () => {
  await using directory = await temporaryDirectory()
  const store = Store.open(join(directory.path, 'simulators.db'))
  const operation = store.prepare(
    "INSERT INTO operations (at, order_id, operation, amount, currency, key, result) VALUES (0, ?, ?, ?, 'EUR', ?, ?)",
  )
  const parcel = store.prepare(
    `INSERT INTO shipments (at, shipment_id, tracking_number, order_id, callback_url, dispatch_at, deliver_at, cancelled, return_id)
     VALUES (0, ?, 't', ?, 'http://x', 0, 0, ?, ?)`,
  )
  const mail = store.prepare("INSERT INTO mails (at, recipient, order_id, identity, mail) VALUES (0, 'a@b', ?, ?, ?)")
  await store.write(() => {
    operation.run('good', 'authorize', 1_000, 'a', 'ok')
    operation.run('good', 'authorize', 1_000, 'b', 'error')
    operation.run('good', 'capture', 1_000, 'c', 'ok')
    operation.run('good', 'refund', 200, 'd', 'ok')
    operation.run('good', 'refund', 300, 'e', 'ok')
    parcel.run('s1', 'good', 1, null)
    parcel.run('s2', 'good', 0, null)
    parcel.run('s3', 'good', 0, 'a return')
    mail.run('good', 'm1', JSON.stringify({ kind: 'order_completed' }))
    for (const id of ['m2', 'm3']) mail.run('good', id, JSON.stringify({ kind: 'return_completed' }))
    operation.run('twice', 'capture', 500, 'f', 'ok')
    operation.run('twice', 'capture', 500, 'g', 'ok')
    for (const id of ['s4', 's5']) parcel.run(id, 'twice', 0, null)
    for (const id of ['m4', 'm5']) mail.run('twice', id, JSON.stringify({ kind: 'order_completed' }))
  })
  expect(new Effects(store).of(['good', 'twice', 'unknown'])).toEqual([
    { orderId: 'good', authorized: 1_000, captured: 1_000, voided: 0, refunded: 500, effects: 6, doubled: [] },
    {
      ...{ orderId: 'twice', authorized: 0, captured: 1_000, voided: 0, refunded: 0, effects: 6 },
      doubled: expect.arrayContaining([
        { what: 'capture', times: 2 },
        { what: 'parcel', times: 2 },
        { what: 'mail order_completed', times: 2 },
      ]),
    },
    { orderId: 'unknown', authorized: 0, captured: 0, voided: 0, refunded: 0, effects: 0, doubled: [] },
  ])
  await store.close()
})
