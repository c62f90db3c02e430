import { Socket } from 'node:net'
import { beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { QuotaTable } from '../quotas/quota-table.ts'
import { Admission, MOST_WAITING } from './admission.ts'
import type { ConnectionLimits } from './connection-count.ts'
import { ConnectionQuotas } from './connection-quotas.ts'

let clock: ManualClock
let table: QuotaTable
beforeEach(() => {
  clock = new ManualClock()
  table = new QuotaTable()
})

/** A listener, and who came in by it. */
const listening = (quotas: ConnectionQuotas, limits: Partial<ConnectionLimits> = {}) => {
  const inside: Socket[] = []
  const all = { total: Number.POSITIVE_INFINITY, rate: Number.POSITIVE_INFINITY, ...limits }
  const admission = new Admission(
    quotas,
    () => all,
    clock,
    (socket) => inside.push(socket),
  )
  const arrive = (address = '10.0.0.1'): Socket => {
    const socket = new Socket()
    Object.defineProperty(socket, 'remoteAddress', { value: address })
    admission.arrive(socket)
    return socket
  }
  return { admission, inside, arrive }
}
const quotasWith = (settings: Readonly<Record<string, string>>): ConnectionQuotas =>
  new ConnectionQuotas(table, new LiveSettings(settings).values, () => clock.steady())
const gone = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('close', () => resolve())
    socket.destroy()
  })

describe('max.connections', () => {
  test('who comes beyond it waits until one goes, at whichever listener, in the order of coming', async () => {
    const quotas = quotasWith({ 'max.connections': '2' })
    const [one, other] = [listening(quotas), listening(quotas)]
    const [first, second, third] = [one.arrive(), other.arrive(), one.arrive()]
    const fourth = one.arrive()
    expect([one.inside, other.inside]).toEqual([[first], [second]])
    expect([third.destroyed, one.admission.waiting, one.admission.refused]).toEqual([false, 2, 0])
    await gone(second)
    expect(one.inside).toEqual([first, third])
    await gone(first)
    expect(one.inside).toEqual([first, third, fourth])
  })

  test('of a listener leaves the others alone', () => {
    const quotas = quotasWith({})
    const [small, large] = [listening(quotas, { total: 1 }), listening(quotas)]
    for (let i = 0; i < 3; i++) {
      small.arrive()
      large.arrive()
    }
    expect([small.inside.length, large.inside.length]).toEqual([1, 3])
  })

  test('only so many wait, and who breaks off meanwhile takes the place of nobody', async () => {
    const { admission, inside, arrive } = listening(quotasWith({ 'max.connections': '1' }))
    const first = arrive()
    const waiting = Array.from({ length: MOST_WAITING }, () => arrive())
    const oneTooMany = arrive()
    expect([oneTooMany.destroyed, admission.refused]).toEqual([true, 1])
    await gone(waiting[0]!)
    await gone(first)
    expect(inside).toEqual([first, waiting[1]])
    admission.close()
    expect(waiting.slice(2).every(({ destroyed }) => destroyed)).toBe(true)
  })
})

describe('max.connection.creation.rate', () => {
  const slow = { 'max.connection.creation.rate': '2', 'quota.window.num': '2' }

  test('as many as fit in the windows come at once, the others wait their time and are not cut', () => {
    const { inside, arrive, admission } = listening(quotasWith(slow))
    for (let i = 0; i < 5; i++) arrive()
    expect(inside).toHaveLength(2)
    clock.pass(500)
    expect(inside).toHaveLength(3)
    clock.pass(1000)
    expect(inside).toHaveLength(5)
    expect(admission.refused).toBe(0)
  })
})

describe('by address', () => {
  test('max.connections.per.ip: one too many is closed, and makes room for nobody', async () => {
    const { inside, arrive, admission } = listening(quotasWith({ 'max.connections.per.ip': '2' }))
    const [first] = [arrive(), arrive()]
    expect([arrive().destroyed, admission.refused]).toEqual([true, 1])
    expect(arrive('10.0.0.2').destroyed).toBe(false)
    await gone(first!)
    expect(arrive().destroyed).toBe(false)
    expect(inside).toHaveLength(4)
  })

  test('connection_creation_rate: who comes too fast is left alone as long as that is so, then closed', async () => {
    table.set({ entity: { ip: '10.0.0.1' }, limits: { connection_creation_rate: 1 } })
    const { inside, arrive, admission } = listening(quotasWith({ 'quota.window.num': '2' }))
    const [first, second] = [arrive(), arrive()]
    expect([inside, second!.destroyed]).toEqual([[first], false])
    // Others are not held up by it.
    arrive('10.0.0.2')
    arrive('10.0.0.2')
    expect(inside).toHaveLength(3)
    clock.pass(999)
    expect(second!.destroyed).toBe(false)
    clock.pass(1)
    expect([second!.destroyed, admission.refused]).toEqual([true, 1])
    arrive()
    expect(inside).toHaveLength(4)
  })

  test('the default is for each address, an IPv4 one of an IPv6 socket has its own name', () => {
    table.set({ entity: { ip: null }, limits: { connection_creation_rate: 1 } })
    table.set({ entity: { ip: '10.0.0.9' }, limits: { connection_creation_rate: 5 } })
    expect(['10.0.0.1', '::ffff:10.0.0.9', '::1'].map((address) => table.connectionRateOf(address))).toEqual([1, 5, 1])
    table.set({ entity: { ip: null }, limits: {} })
    table.set({ entity: { ip: '10.0.0.9' }, limits: {} })
    expect(table.connectionRateOf('10.0.0.9')).toBeUndefined()
    expect([table.size, table.hasClients]).toEqual([0, false])
  })
})
