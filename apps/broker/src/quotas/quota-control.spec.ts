import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { bootController } from '../metadata/controller.fixture.ts'
import type { Controller } from '../metadata/controller.ts'
import { alterQuotas, type EntityPart, MAX_QUOTAS, type QuotaChange } from './quota-control.ts'
import { QuotaTable } from './quota-table.ts'

let fs: MemoryFileSystem
let controller: Controller
const boot = async (): Promise<void> => {
  controller = (await bootController(fs)).controller
}
beforeEach(() => {
  fs = new MemoryFileSystem()
  return boot()
})

const user = (entityName: string | null): EntityPart => ({ entityType: 'user', entityName })
const ip = (entityName: string | null): EntityPart => ({ entityType: 'ip', entityName })
const client = (entityName: string | null): EntityPart => ({ entityType: 'client-id', entityName })
const set = (key: string, value: number) => ({ key, value, remove: false })
const unset = (key: string) => ({ key, value: 0, remove: true })
const change = (entity: readonly EntityPart[], ...ops: QuotaChange['ops']): QuotaChange => ({ entity, ops })
const alter = (...changes: QuotaChange[]) => alterQuotas(controller, changes, false)
const all = () => [...controller.image.quotas.all()]

test('what was answered is there after a power cut, what was removed is not', async () => {
  await alter(
    change([user('a'), client(null)], set('producer_byte_rate', 1000), set('request_percentage', 2.5)),
    change([user(null)], set('consumer_byte_rate', 10)),
  )
  await alter(
    change([user('a'), client(null)], unset('producer_byte_rate')),
    change([user(null)], unset('consumer_byte_rate')),
  )
  fs.crash(() => 0)
  await boot()
  expect(all()).toEqual([{ entity: { user: 'a', clientId: null }, limits: { request_percentage: 2.5 } }])
})

test('two changes of one entity in one request are made one after the other', async () => {
  await alter(change([user('a')], set('producer_byte_rate', 1)), change([user('a')], set('consumer_byte_rate', 2)))
  expect(all()).toEqual([{ entity: { user: 'a' }, limits: { producer_byte_rate: 1, consumer_byte_rate: 2 } }])
})

test('only validated, nothing is changed; refused by the disk, neither', async () => {
  const one = change([user('a')], set('producer_byte_rate', 1))
  expect(await alterQuotas(controller, [one], true)).toEqual([undefined])
  fs.fail = () => 'EIO'
  expect(await alter(one)).toMatchObject([{ errorCode: ErrorCode.KAFKA_STORAGE_ERROR }])
  expect(all()).toEqual([])
})

const { INVALID_REQUEST, POLICY_VIOLATION } = ErrorCode
test.each([
  [change([], set('producer_byte_rate', 1)), INVALID_REQUEST],
  [change([{ entityType: 'group', entityName: 'g' }], set('producer_byte_rate', 1)), INVALID_REQUEST],
  [change([user('a'), user('b')], set('producer_byte_rate', 1)), INVALID_REQUEST],
  [change([user('')], set('producer_byte_rate', 1)), INVALID_REQUEST],
  [change([user('a')], set('producer_byte_rate', 0)), INVALID_REQUEST],
  [change([user('a')], set('producer_byte_rate', Number.NaN)), INVALID_REQUEST],
  [change([user('a')], set('producer_byte_rate', 1.5)), INVALID_REQUEST],
  [change([user('a')], set('connection_creation_rate', 1)), INVALID_REQUEST],
  [change([user('a')], set('controller_mutation_rate', 1)), POLICY_VIOLATION],
  [change([ip('10.0.0.1')], set('producer_byte_rate', 1)), INVALID_REQUEST],
  [change([ip('10.0.0.1')], set('connection_creation_rate', 2 ** 31)), INVALID_REQUEST],
  [change([ip('10.0.0.1'), user('a')], set('connection_creation_rate', 1)), INVALID_REQUEST],
  [change([ip('no address')]), INVALID_REQUEST],
])('%j is refused, and what is right beside it is done', async (wrong, errorCode) => {
  const [refused, done] = await alter(wrong, change([user('z')], set('producer_byte_rate', 1)))
  expect(refused).toMatchObject({ errorCode })
  expect(done).toBeUndefined()
  expect(all()).toHaveLength(1)
})

test('so many entities and no more', async () => {
  const many = Array.from({ length: MAX_QUOTAS }, (_, i) => change([user(`u${i}`)], set('producer_byte_rate', 1)))
  expect((await alter(...many)).every((outcome) => outcome === undefined)).toBe(true)
  const one = change([user('one more')], set('producer_byte_rate', 1))
  expect(await alter(one)).toMatchObject([{ errorCode: POLICY_VIOLATION }])
  await alter(change([user('u0')], unset('producer_byte_rate')))
  expect(await alter(one)).toEqual([undefined])
})

describe('which quota holds', () => {
  const table = new QuotaTable()
  const levels = [
    [{ clientId: null }, 1],
    [{ clientId: 'c' }, 2],
    [{ user: null }, 3],
    [{ user: null, clientId: null }, 4],
    [{ user: null, clientId: 'c' }, 5],
    [{ user: 'u' }, 6],
    [{ user: 'u', clientId: null }, 7],
    [{ user: 'u', clientId: 'c' }, 8],
  ] as const
  test('the one that says most about the client, as in Kafka', () => {
    for (const [entity, limit] of levels) {
      table.set({ entity, limits: { producer_byte_rate: limit } })
      expect(table.find('producer_byte_rate', 'u', 'c')?.limit).toBe(limit)
    }
    expect(table.find('consumer_byte_rate', 'u', 'c')).toBeUndefined()
  })

  test('a default is for each of those whom it is for, a quota of a user for all his clients', () => {
    const one = new QuotaTable()
    one.set({ entity: { user: null }, limits: { producer_byte_rate: 1 } })
    const sharedBy = (name: string, id: string) => one.find('producer_byte_rate', name, id)?.sharedBy
    expect(sharedBy('u', 'a')).toBe(sharedBy('u', 'b'))
    expect(sharedBy('u', 'a')).not.toBe(sharedBy('v', 'a'))
  })
})
