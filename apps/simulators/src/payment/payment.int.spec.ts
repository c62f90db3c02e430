import { describe, expect, test } from 'vitest'
import { startSimulators, temporaryDirectory } from '../testing/simulators.ts'

const order = { orderId: 'order-1', amount: 2_500, currency: 'EUR' }
const authorization = { ...order, token: 'tok_ok' }

describe('payment provider', () => {
  test('does an operation once for its key, also for a twin under way and after a crash', async () => {
    await using directory = await temporaryDirectory()
    const first = await startSimulators(directory.path)
    const twins = await Promise.all(
      Array.from({ length: 5 }, () => first.post('/payment/authorizations', 'a', authorization)),
    )
    const [answer] = twins
    expect(answer).toMatchObject({ status: 201, body: { status: 'authorized', amount: 2_500, currency: 'EUR' } })
    for (const twin of twins) expect(twin).toEqual(answer)
    const { authorizationId } = answer!.body
    const captured = await first.post('/payment/captures', 'c', { ...order, authorizationId })
    expect(captured.status).toBe(201)
    await first.stop()

    await using second = await startSimulators(directory.path)
    expect(await second.post('/payment/authorizations', 'a', authorization)).toEqual(answer)
    expect(await second.post('/payment/captures', 'c', { ...order, authorizationId })).toEqual(captured)
    expect((await second.post('/payment/voids', 'v', { orderId: order.orderId })).status).toBe(409)
    const { items } = (await second.get('/payment/operations?orderId=order-1')).body
    expect(items).toMatchObject([
      { operation: 'authorize', ...order, idempotencyKey: 'a', result: 'ok' },
      { operation: 'capture', ...order, idempotencyKey: 'c', result: 'ok' },
      { operation: 'void', amount: 0, idempotencyKey: 'v', result: 'declined', code: 'already_captured' },
    ])
    expect((await second.get('/payment/totals')).body).toMatchObject({
      authorized: 2_500,
      captured: 2_500,
      byCurrency: { EUR: { captured: 2_500 } },
    })
  })

  test('refuses a key used for another request, and requests without one', async () => {
    await using directory = await temporaryDirectory()
    await using simulators = await startSimulators(directory.path)
    await simulators.post('/payment/authorizations', 'a', authorization)
    expect(await simulators.post('/payment/authorizations', 'a', { ...authorization, amount: 1 })).toMatchObject({
      status: 422,
      type: 'application/problem+json',
      body: { code: 'idempotency_key_reused', status: 422 },
    })
    expect(await simulators.post('/payment/voids', undefined, { orderId: 'x' })).toMatchObject({
      status: 400,
      body: { code: 'idempotency_key_required' },
    })
    expect(await simulators.post('/payment/voids', 'b', { order: 'x' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/orderId' }, { pointer: '/order' }] },
    })
  })

  test('answers declines as problems and books them', async () => {
    await using directory = await temporaryDirectory()
    await using simulators = await startSimulators(directory.path)
    const declined = await simulators.post('/payment/authorizations', 'a', { ...authorization, token: 'tok_declined' })
    expect(declined).toMatchObject({
      status: 402,
      type: 'application/problem+json',
      body: { status: 402, code: 'card_declined' },
    })
    const voided = await simulators.post('/payment/voids', 'v', { orderId: order.orderId })
    expect(voided).toMatchObject({ status: 200, body: { status: 'voided', voided: false } })
    const { items } = (await simulators.get('/payment/operations')).body
    expect(items).toMatchObject([
      { operation: 'authorize', result: 'declined' },
      { operation: 'void', amount: 0, result: 'ok' },
    ])
  })

  test('a flaky token fails once, without effect, and then works; also with a restart in between', async () => {
    await using directory = await temporaryDirectory()
    const flaky = { ...authorization, token: 'tok_flaky' }
    const first = await startSimulators(directory.path)
    expect((await first.post('/payment/authorizations', 'f', flaky)).status).toBe(503)
    await first.stop()
    await using second = await startSimulators(directory.path)
    expect((await second.post('/payment/authorizations', 'f', flaky)).status).toBe(201)
    expect((await second.post('/payment/authorizations', 'f', flaky)).status).toBe(201)
    const { items } = (await second.get('/payment/operations?orderId=order-1')).body
    expect(items).toMatchObject([{ result: 'error' }, { result: 'ok' }])
  })

  test('never answers a timeout token, and stops although a client still waits', async () => {
    await using directory = await temporaryDirectory()
    const simulators = await startSimulators(directory.path)
    const waiting = simulators.post('/payment/authorizations', 't', { ...authorization, token: 'tok_timeout' })
    waiting.catch(() => undefined)
    await expect
      .poll(async () => (await simulators.get('/payment/operations?orderId=order-1')).body.items)
      .toMatchObject([{ operation: 'authorize', result: 'error' }])
    await simulators.stop()
    await expect(waiting).rejects.toThrow()
  })

  test('faults come before or after the effect; retrying with the key has it once', async () => {
    await using directory = await temporaryDirectory()
    await using simulators = await startSimulators(directory.path)
    await simulators.put('/payment/settings', { faultRate: 0.6, latencyMs: 0 })
    let faults = 0
    const untilAnswered = async (key: string): Promise<void> => {
      const { status } = await simulators.post('/payment/authorizations', key, { ...authorization, orderId: key })
      if (status === 201) return
      expect(status).toBe(503)
      faults++
      return untilAnswered(key)
    }
    const keys = Array.from({ length: 50 }, (_, n) => `key-${n}`)
    await Promise.all(keys.map(untilAnswered))
    const { items } = (await simulators.get('/payment/operations?limit=1000')).body
    const results = (result: string) => items.filter((item: { result: string }) => item.result === result)
    expect(new Set(results('ok').map((item: { idempotencyKey: string }) => item.idempotencyKey))).toEqual(new Set(keys))
    expect(results('ok')).toHaveLength(50)
    expect(results('error').length).toBeLessThan(faults)
  })

  test('settings are changed in part, checked, and kept', async () => {
    await using directory = await temporaryDirectory()
    const first = await startSimulators(directory.path)
    const defaults = { latencyMs: 5, declineRate: 0, faultRate: 0, timeoutRate: 0 }
    expect((await first.get('/payment/settings')).body).toEqual(defaults)
    expect(await first.put('/payment/settings', { declineRate: 1 })).toMatchObject({
      status: 200,
      body: { ...defaults, declineRate: 1 },
    })
    expect(await first.put('/payment/settings', { faultRate: 2, latency: 1 })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/faultRate' }, { pointer: '/latency' }] },
    })
    await first.stop()
    await using second = await startSimulators(directory.path)
    expect((await second.get('/payment/settings')).body).toEqual({ ...defaults, declineRate: 1 })
    expect((await second.post('/payment/authorizations', 'a', authorization)).status).toBe(402)
  })

  test('pages through the ledger', async () => {
    await using directory = await temporaryDirectory()
    await using simulators = await startSimulators(directory.path)
    for (let n = 0; n < 5; n++) await simulators.post('/payment/voids', `v${n}`, { orderId: `order-${n}` })
    const first = (await simulators.get('/payment/operations?limit=3')).body
    const second = (await simulators.get(`/payment/operations?limit=3&cursor=${first.nextCursor}`)).body
    const keys = [...first.items, ...second.items].map((item: { idempotencyKey: string }) => item.idempotencyKey)
    expect(keys).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
    expect(second.nextCursor).toBeUndefined()
  })
})
