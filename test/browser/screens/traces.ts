import { expect, test } from 'vitest'
import { orderOf } from '../../support/client.ts'
import { until } from '../../support/until.ts'
import type { ConsoleUnderTest } from '../console-under-test.ts'
import { expectUsable } from '../pages.ts'

interface Span {
  readonly name: string
  readonly service: string
  readonly spanId: string
  readonly parentSpanId: string | null
}

export const traces = (at: ConsoleUnderTest): void => {
  test('an order is one trace, from the request to its mails, in which every span hangs on another one', async () => {
    const { page, client } = at
    // A traceparent of its own: however many traces begin in this second, this one is wanted.
    const traceId = 'abcdef'.padStart(32, '0').slice(0, 26) + String(Date.now()).slice(-6)
    const headers = { 'idempotency-key': `traced-${traceId}`, traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
    const order = orderOf({ 'MUG-WHITE-330': 1 })
    const { body } = await client.call<{ orderId: string }>('POST', '/api/orders', order, headers)
    await client.terminal(body.orderId)
    let orphans: string[] = []
    // Processes send their spans when they come to it: one may be seen before the one that it hangs on.
    const whole = () => `a trace to its last mail in which all but the request hangs on a span, ${orphans.join()} now`
    const spans = await until(whole, async () => {
      const answer = await client.call<{ spans: Span[] }>('GET', `/api/traces/${traceId}`)
      const found = answer.status === 200 ? answer.body.spans : []
      const known = new Set(found.map(({ spanId }) => spanId))
      orphans = found.filter(({ parentSpanId }) => !known.has(parentSpanId ?? '')).map(({ name }) => name)
      const isAtItsEnd = found.some(({ name }) => name === 'handle notification.sent')
      return isAtItsEnd && orphans.join() === 'POST /api/orders' ? found : undefined
    })
    expect(spans.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'payment.authorize in the outbox',
        'payment.authorize on payment-commands',
        'call authorize',
      ]),
    )

    await page.goto(`/orders/${body.orderId}`)
    await page.locator('.page-actions').getByRole('link', { name: 'Traces' }).click()
    await page.getByRole('link', { name: 'POST /api/orders' }).click()
    await page.getByRole('button', { name: /handle payment\.authorize / }).click()
    await page.getByRole('heading', { name: 'handle payment.authorize' }).waitFor()
    expect(page.url()).toContain('span=')
    await expectUsable(page)
    expect(at.complaints).toEqual([])
  })
}
