import { createTransport } from 'nodemailer'
import { describe, expect, test } from 'vitest'
import { type Simulators, startSimulators, temporaryDirectory } from '../testing/simulators.ts'

const mailer = ({ smtpPort }: Simulators) => {
  const transport = createTransport({ host: '127.0.0.1', port: smtpPort, ignoreTLS: true, pool: true })
  return {
    send: (to: string, id: string, orderId = 'order-1', attachment = '') =>
      transport.sendMail({
        ...(attachment !== '' && { attachments: [{ content: attachment }] }),
        from: 'orders@waybill.example',
        to,
        subject: `Order ${orderId}`,
        text: `Mail ${id} — thank you`,
        messageId: `<${id}@waybill.example>`,
        headers: { 'X-Kind': 'order_placed', 'X-Order-Id': orderId },
      }),
    [Symbol.dispose]: () => transport.close(),
  }
}

describe('mailbox', () => {
  test('stores mails, finds them by recipient and by order, and keeps them over a crash', async () => {
    await using directory = await temporaryDirectory()
    const first = await startSimulators(directory.path)
    {
      using mails = mailer(first)
      await mails.send('ada@example.com', 'm1')
      await mails.send('Ada@Example.com', 'm2', 'order-2')
      await mails.send('bruno@example.org', 'm3', 'order-2')
    }
    await first.stop()
    await using second = await startSimulators(directory.path)
    const toAda = (await second.get('/mailbox?to=ada@example.com')).body
    expect(toAda.items).toMatchObject([{ messageId: '<m2@waybill.example>' }, { messageId: '<m1@waybill.example>' }])
    expect(toAda.items[1]).toEqual({
      to: 'ada@example.com',
      from: 'orders@waybill.example',
      subject: 'Order order-1',
      text: 'Mail m1 — thank you',
      messageId: '<m1@waybill.example>',
      kind: 'order_placed',
      orderId: 'order-1',
      receivedAt: expect.any(String),
    })
    const ids = async (query: string) =>
      (await second.get(`/mailbox?${query}`)).body.items.map((mail: { messageId: string }) =>
        mail.messageId.slice(1, 3),
      )
    expect(await ids('orderId=order-2')).toEqual(['m3', 'm2'])
    expect(await ids('orderId=order-2&to=ada@example.com')).toEqual(['m2'])
    const page = (await second.get('/mailbox?limit=2')).body
    expect(page.items).toHaveLength(2)
    expect(await ids(`limit=2&cursor=${page.nextCursor}`)).toEqual(['m1'])
  })

  test('suppresses and counts a mail its recipient has, also after a restart', async () => {
    await using directory = await temporaryDirectory()
    const first = await startSimulators(directory.path)
    {
      using mails = mailer(first)
      await Promise.all([mails.send('ada@example.com', 'm1'), mails.send('ada@example.com', 'm1')])
      await mails.send('bruno@example.org', 'm1')
    }
    expect((await first.get('/mailbox')).body).toMatchObject({ suppressed: 1, items: [{}, {}] })
    await first.stop()
    await using second = await startSimulators(directory.path)
    {
      using mails = mailer(second)
      await mails.send('ada@example.com', 'm1')
    }
    const { items, suppressed } = (await second.get('/mailbox')).body
    expect([items.length, suppressed]).toEqual([2, 2])
  })

  test('refuses a mail that is too large, for good, and takes the next one', async () => {
    await using directory = await temporaryDirectory()
    await using simulators = await startSimulators(directory.path)
    using mails = mailer(simulators)
    const tooLarge = mails.send('ada@example.com', 'm1', 'order-1', 'x'.repeat(1024 * 1024))
    await expect(tooLarge).rejects.toMatchObject({ responseCode: 552 })
    await mails.send('ada@example.com', 'm2', 'order-1', 'x'.repeat(100_000))
    expect((await simulators.get('/mailbox')).body.items).toMatchObject([{ messageId: '<m2@waybill.example>' }])
  })

  test('accepts SMS and push messages once for their key', async () => {
    await using directory = await temporaryDirectory()
    await using simulators = await startSimulators(directory.path)
    const sms = { to: '+491700000', text: 'Shipped' }
    expect((await simulators.post('/sms', 'k1', sms)).status).toBe(202)
    expect((await simulators.post('/sms', 'k1', sms)).status).toBe(202)
    expect((await simulators.post('/push', 'k2', { to: 'device-1', text: 'Delivered' })).status).toBe(202)
    expect((await simulators.get('/sms?to=%2B491700000')).body.items).toMatchObject([sms])
    expect((await simulators.get('/push?to=device-1')).body.items).toMatchObject([{ text: 'Delivered' }])
  })

  test('an SMS gateway that is throttled, faulty or does not know a number says so, and its ledger has each key once', async () => {
    await using directory = await temporaryDirectory()
    await using simulators = await startSimulators(directory.path)
    const sms = { to: '+491700000', text: 'Shipped' }
    const set = (settings: object) => simulators.put('/sms/settings', settings)
    expect((await set({ unknownRate: 2 })).status).toBe(400)
    expect((await set({ latencyMs: 0, unknownRate: 1 })).body).toMatchObject({ unknownRate: 1, faultRate: 0 })
    for (const _ of [1, 2])
      expect(await simulators.post('/sms', 'k1', sms)).toMatchObject({
        status: 422,
        body: { code: 'unknown_recipient' },
      })
    await set({ unknownRate: 0, throttlePerSecond: 1 })
    const answers = await Promise.all([1, 2, 3, 4].map(() => simulators.post('/sms', 'k2', sms)))
    expect(answers.map(({ status }) => status)).toContain(429)
    await set({ throttlePerSecond: 0, faultRate: 1 })
    for (const n of Array(20).keys()) expect((await simulators.post('/sms', `fault-${n % 2}`, sms)).status).toBe(503)
    await set({ faultRate: 0 })
    for (const key of ['k2', 'fault-0', 'fault-1', 'k3'])
      expect((await simulators.post('/sms', key, sms)).status).toBe(202)
    expect((await simulators.post('/sms', 'k4', { ...sms, to: '+99912' })).status).toBe(422)
    const { items, nextCursor } = (await simulators.get('/sms?limit=3')).body
    const rest = (await simulators.get(`/sms?cursor=${nextCursor}`)).body
    const keys = [...items, ...rest.items].map(({ idempotencyKey }: { idempotencyKey: string }) => idempotencyKey)
    expect(keys.sort()).toEqual(['fault-0', 'fault-1', 'k2', 'k3'])
    expect((await simulators.get('/push/settings')).body).toMatchObject({ throttlePerSecond: 0, faultRate: 0 })
  })

  test('is ready, and says what is not', async () => {
    await using directory = await temporaryDirectory()
    await using simulators = await startSimulators(directory.path)
    expect(await simulators.get('/health/ready')).toMatchObject({
      status: 200,
      body: { checks: { store: 'ok', smtp: 'ok' } },
    })
    expect(await simulators.get('/nowhere')).toMatchObject({ status: 404, type: 'application/problem+json' })
  })
})
