import { afterEach, describe, expect, test } from 'vitest'
import { alterClientQuotas, describeClientQuotas, ErrorCode, metadata, produce } from '#libs/kafka-protocol'
import { testBatch } from '../../apps/broker/src/log/batch.fixture.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()
const { NONE } = ErrorCode
/** What the client of these tests calls itself. */
const CLIENT = 'conformance'

interface Part {
  readonly entityType: string
  readonly entityName: string | null
}
const user = (entityName: string | null): Part => ({ entityType: 'user', entityName })
const ip = (entityName: string | null): Part => ({ entityType: 'ip', entityName })
const client = (entityName: string | null): Part => ({ entityType: 'client-id', entityName })

const made: { readonly entity: readonly Part[]; readonly key: string }[] = []
async function alter(entity: readonly Part[], key: string, value: number | undefined): Promise<void> {
  const ops = [{ key, value: value ?? 0, remove: value === undefined }]
  const { entries } = await kafka.client.send(alterClientQuotas, 1, { entries: [{ entity, ops }], validateOnly: false })
  expect(entries.map(({ errorCode }) => errorCode)).toEqual([NONE])
  if (value !== undefined) made.push({ entity, key })
}
afterEach(async () => {
  for (const { entity, key } of made.splice(0)) await alter(entity, key, undefined)
})

type Component = readonly [type: string, matchType: number, match: string | null]
const [EXACTLY, BY_DEFAULT, ANY] = [0, 1, 2]
async function described(strict: boolean, ...components: readonly Component[]) {
  const wanted = components.map(([entityType, matchType, match]) => ({ entityType, matchType, match }))
  const answer = await kafka.client.send(describeClientQuotas, 1, { components: wanted, strict })
  expect(answer.errorCode).toBe(NONE)
  const textOf = ({ entityType, entityName }: Part) => `${entityType}=${entityName ?? '<default>'}`
  return answer.entries!.map(({ entity, values }) => [
    ...[[...entity].map(textOf).sort().join()],
    ...values.map(({ key, value }) => `${key}=${value}`).sort(),
  ])
}

describe('quotas', () => {
  test('are told as they were set, and gone when they were removed', async () => {
    const name = kafka.name('user')
    await alter([user(name)], 'producer_byte_rate', 1000)
    await alter([user(name)], 'request_percentage', 12.5)
    await expect
      .poll(() => described(true, ['user', EXACTLY, name]))
      .toEqual([[`user=${name}`, 'producer_byte_rate=1000', 'request_percentage=12.5']])
    await alter([user(name)], 'producer_byte_rate', undefined)
    await expect
      .poll(() => described(true, ['user', EXACTLY, name]))
      .toEqual([[`user=${name}`, 'request_percentage=12.5']])
  })

  test('are found by what is asked of user and client, strictly or not', async () => {
    const [name, id] = [kafka.name('user'), kafka.name('client')]
    await alter([user(name)], 'consumer_byte_rate', 1)
    await alter([user(name), client(id)], 'consumer_byte_rate', 2)
    await alter([user(name), client(null)], 'consumer_byte_rate', 3)
    const both = `client-id=${id},user=${name}`
    const byDefault = `client-id=<default>,user=${name}`
    const found = async (strict: boolean, ...components: Component[]) =>
      (await described(strict, ...components)).map(([entity]) => entity).sort()
    const mine: Component = ['user', EXACTLY, name]
    await expect.poll(() => found(false, mine)).toEqual([byDefault, both, `user=${name}`])
    expect(await found(true, mine)).toEqual([`user=${name}`])
    expect(await found(true, mine, ['client-id', EXACTLY, id])).toEqual([both])
    expect(await found(true, mine, ['client-id', BY_DEFAULT, null])).toEqual([byDefault])
    expect(await found(true, mine, ['client-id', ANY, null])).toEqual([byDefault, both])
  })
})

describe('quotas of addresses', () => {
  test('are told as they were set, beside no others', async () => {
    const address = `192.0.2.${1 + Math.floor(Math.random() * 250)}`
    await alter([ip(address)], 'connection_creation_rate', 5)
    await expect
      .poll(() => described(true, ['ip', EXACTLY, address]))
      .toEqual([[`ip=${address}`, 'connection_creation_rate=5']])
    await alter([ip(address)], 'connection_creation_rate', undefined)
    await expect.poll(() => described(true, ['ip', EXACTLY, address])).toEqual([])
  })
})

describe('who uses more than the quota', () => {
  const bytes = 30_000
  const write = async (topic: TestTopic) => {
    const records = [testBatch({ values: ['v'.repeat(bytes)], key: 'k' })]
    const topicData = [{ name: topic.name, partitionData: [{ index: 0, records }] }]
    const answer = await kafka.client.send(produce, 9, { acks: 1, timeoutMs: 5000, topicData })
    return { ms: answer.throttleTimeMs, errorCode: answer.responses[0]!.partitionResponses[0]!.errorCode }
  }

  test('is told for how long it is left alone, and answered in full and on the same connection', async () => {
    const topic = await kafka.topic()
    await alter([client(CLIENT)], 'producer_byte_rate', 20_000)
    let throttled = 0
    // So much may come at once as in ten seconds.
    await expect
      .poll(
        async () => {
          const { ms, errorCode } = await write(topic)
          expect(errorCode).toBe(NONE)
          throttled += ms
          return throttled
        },
        { timeout: 60_000, interval: 1 },
      )
      .toBeGreaterThan(0)
    expect((await kafka.client.send(metadata, 12, { topics: [] })).errorCode).toBe(NONE)
  })
})
