import { describe, expect, test } from 'vitest'
import {
  alterClientQuotas,
  alterReplicaLogDirs,
  alterUserScramCredentials,
  createAcls,
  deleteAcls,
  describeAcls,
  describeClientQuotas,
  describeLogDirs,
  describeQuorum,
  describeUserScramCredentials,
  ErrorCode,
  saslAuthenticate,
  saslHandshake,
  updateFeatures,
} from '#libs/kafka-protocol'
import { kafkaUnderTest } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()
const { NONE, INVALID_REQUEST, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode

describe('the quorum', () => {
  const quorum = { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }

  test.each([0, 1, 2])('is led by one of its voters, says version %i', async (version) => {
    const answer = await kafka.client.send(describeQuorum, version, quorum)
    expect(answer.errorCode).toBe(NONE)
    const [partition] = answer.topics[0]!.partitions
    expect(partition).toMatchObject({ partitionIndex: 0, errorCode: NONE })
    expect(partition!.currentVoters.map(({ replicaId }) => replicaId)).toContain(partition!.leaderId)
    const nodes = version < 2 ? [] : partition!.currentVoters.map(({ replicaId }) => replicaId)
    expect(answer.nodes.map(({ nodeId }) => nodeId).sort()).toEqual(nodes.sort())
  })

  test('is that of the metadata, and of nothing else', async () => {
    const { name } = await kafka.topic()
    for (const [topicName, partitionIndex] of [[name, 0] as const, ['__cluster_metadata', 1] as const]) {
      const topics = [{ topicName, partitions: [{ partitionIndex }] }]
      const answer = await kafka.client.send(describeQuorum, 2, { topics })
      expect(answer).toMatchObject({ errorCode: NONE, topics: [{ topicName }], nodes: [] })
      expect(answer.topics[0]!.partitions).toMatchObject([{ partitionIndex, errorCode: UNKNOWN_TOPIC_OR_PARTITION }])
    }
  })
})

test.each([1, 2])('a replica stays in its directory, says version %i', async (version) => {
  const topic = await kafka.topic()
  const topics = [{ topic: topic.name, partitions: [0] }]
  const held = await kafka.client.send(describeLogDirs, 4, { topics })
  const { logDir } = held.results.find((result) => result.topics.length > 0)!
  const nowhere = kafka.name('nowhere')
  const move = async (path: string) => {
    const wanted = [
      { name: topic.name, partitions: [0, 7] },
      { name: nowhere, partitions: [0] },
    ]
    const { results } = await kafka.client.send(alterReplicaLogDirs, version, { dirs: [{ path, topics: wanted }] })
    const errors = results.flatMap(({ topicName, partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) => [`${topicName}-${partitionIndex}`, errorCode] as const),
    )
    return Object.fromEntries(errors)
  }
  const { LOG_DIR_NOT_FOUND } = ErrorCode
  const [here, beyond, gone] = [`${topic.name}-0`, `${topic.name}-7`, `${nowhere}-0`]
  expect(await move(logDir)).toEqual({
    ...{ [here]: NONE, [beyond]: UNKNOWN_TOPIC_OR_PARTITION, [gone]: UNKNOWN_TOPIC_OR_PARTITION },
  })
  expect(await move('/nowhere')).toEqual({
    ...{ [here]: LOG_DIR_NOT_FOUND, [beyond]: LOG_DIR_NOT_FOUND, [gone]: LOG_DIR_NOT_FOUND },
  })
})

describe('without an authorizer', () => {
  const { SECURITY_DISABLED } = ErrorCode
  const Any = 1

  test.each([1, 2, 3])('there are no access rules, says version %i', async (version) => {
    const who = { operation: Any, permissionType: Any }
    const filter = { resourceTypeFilter: Any, resourceNameFilter: null, patternTypeFilter: 3, ...who }
    const wanted = { ...filter, principalFilter: null, hostFilter: null }
    expect(await kafka.client.send(describeAcls, version, wanted)).toMatchObject({
      ...{ errorCode: SECURITY_DISABLED, resources: [] },
    })
    const rule = { resourceType: 2, resourceName: 't', principal: 'User:a', host: '*', operation: 3, permissionType: 3 }
    const creations = [rule, { ...rule, resourceName: 'u' }]
    const created = await kafka.client.send(createAcls, version, { creations })
    expect(created.results.map(({ errorCode }) => errorCode)).toEqual([SECURITY_DISABLED, SECURITY_DISABLED])
    const { filterResults } = await kafka.client.send(deleteAcls, version, { filters: [wanted] })
    expect(filterResults).toMatchObject([{ errorCode: SECURITY_DISABLED, matchingAcls: [] }])
  })
})

describe('quotas', () => {
  const user = { entityType: 'user', matchType: 0, match: 'nobody' }
  const Match = { exact: 0, default: 1, named: 2 }

  test.each([0, 1])('there are none, says version %i', async (version) => {
    for (const components of [[], [user]]) {
      const answer = await kafka.client.send(describeClientQuotas, version, { components, strict: false })
      expect(answer).toMatchObject({ errorCode: NONE, entries: [] })
    }
  })

  test.each([
    ['of an unknown type', ErrorCode.UNSUPPORTED_VERSION, [{ ...user, entityType: 'foo' }]],
    ['of no type', INVALID_REQUEST, [{ ...user, entityType: '' }]],
    ['by an unknown match', INVALID_REQUEST, [{ ...user, matchType: 9 }]],
    ['twice', INVALID_REQUEST, [user, user]],
    ['by user and address', INVALID_REQUEST, [user, { entityType: 'ip', matchType: 0, match: '127.0.0.1' }]],
    ['exactly by nothing', INVALID_REQUEST, [{ ...user, match: null }]],
    ['of the default by name', INVALID_REQUEST, [{ ...user, matchType: Match.default }]],
    ['of any by name', INVALID_REQUEST, [{ ...user, matchType: Match.named }]],
  ])('asking for some %s is refused', async (_how, error, components) => {
    const answer = await kafka.client.send(describeClientQuotas, 1, { components, strict: false })
    expect(answer).toMatchObject({ errorCode: error, entries: null })
  })

  const entity = [{ entityType: 'user', entityName: 'nobody' }]
  const address = [{ entityType: 'ip', entityName: '127.0.0.1' }]
  const rate = { key: 'producer_byte_rate', value: 1000, remove: false }

  test.each([
    ['that is not set can be removed', NONE, entity, { ...rate, remove: true }],
    ['of an unknown key can be removed', NONE, entity, { ...rate, key: 'foo', remove: true }],
    ['has a known key', INVALID_REQUEST, entity, { ...rate, key: 'foo' }],
    ['of an address has a key of its own', INVALID_REQUEST, entity, { ...rate, key: 'connection_creation_rate' }],
    ['is positive', INVALID_REQUEST, entity, { ...rate, value: -1 }],
    ['is a whole number of bytes', INVALID_REQUEST, entity, { ...rate, value: 1.5 }],
    ['is that of somebody', INVALID_REQUEST, [], rate],
    ['has an entity that is known', INVALID_REQUEST, [{ entityType: 'foo', entityName: 'a' }], rate],
    ['has an entity with a name', INVALID_REQUEST, [{ entityType: 'user', entityName: '' }], rate],
    ['is not that of a user and an address', INVALID_REQUEST, [...entity, ...address], rate],
    ['of an address is that', INVALID_REQUEST, [{ entityType: 'ip', entityName: 'not an ip!' }], rate],
  ])('a quota %s', async (_what, errorCode, of, op) => {
    const request = { entries: [{ entity: of, ops: [op] }], validateOnly: true }
    const answer = await kafka.client.send(alterClientQuotas, 1, request)
    expect(answer.entries).toMatchObject([{ errorCode, entity: of }])
  })
})

describe('users of SCRAM', () => {
  const { DUPLICATE_RESOURCE, RESOURCE_NOT_FOUND, UNACCEPTABLE_CREDENTIAL, UNSUPPORTED_SASL_MECHANISM } = ErrorCode
  const errorsOf = (results: readonly { readonly user: string; readonly errorCode: number }[]) =>
    Object.fromEntries(results.map(({ user, errorCode }) => [user, errorCode]))

  test('there are none', async () => {
    const answer = await kafka.client.send(describeUserScramCredentials, 0, { users: null })
    expect(answer).toMatchObject({ errorCode: NONE, results: [] })
    const users = ['a', 'a', 'b', ''].map((name) => ({ name }))
    const { results } = await kafka.client.send(describeUserScramCredentials, 0, { users })
    expect(errorsOf(results)).toEqual({ a: DUPLICATE_RESOURCE, b: RESOURCE_NOT_FOUND, '': RESOURCE_NOT_FOUND })
  })

  test('who is not there cannot be deleted, and nobody added without name, mechanism or iterations', async () => {
    const deletions = [
      { name: 'a', mechanism: 1 },
      { name: '', mechanism: 1 },
      { name: 'c', mechanism: 9 },
    ]
    const deleted = await kafka.client.send(alterUserScramCredentials, 0, { deletions, upsertions: [] })
    expect(errorsOf(deleted.results)).toEqual({
      ...{ a: RESOURCE_NOT_FOUND, '': UNACCEPTABLE_CREDENTIAL, c: UNSUPPORTED_SASL_MECHANISM },
    })
    const keys = { mechanism: 1, iterations: 4096, salt: Buffer.alloc(16, 1), saltedPassword: Buffer.alloc(32, 1) }
    const upsertions = [
      { ...keys, name: 'few', iterations: 1 },
      { ...keys, name: 'many', iterations: 1_000_000 },
      { ...keys, name: 'how', mechanism: 0 },
      { ...keys, name: '' },
    ]
    const added = await kafka.client.send(alterUserScramCredentials, 0, { deletions: [], upsertions })
    expect(errorsOf(added.results)).toEqual({
      ...{ few: UNACCEPTABLE_CREDENTIAL, many: UNACCEPTABLE_CREDENTIAL },
      ...{ how: UNSUPPORTED_SASL_MECHANISM, '': UNACCEPTABLE_CREDENTIAL },
    })
  })

  test('one is added by mechanism, described without keys, changed once a request, and deleted', async () => {
    const name = kafka.name('user')
    const described = async () =>
      (await kafka.client.send(describeUserScramCredentials, 0, { users: [{ name }] })).results[0]!
    const alter = async (deletions: readonly number[], upsertions: readonly (readonly [number, number])[]) => {
      const keys = { name, salt: Buffer.alloc(16, 1), saltedPassword: Buffer.alloc(32, 1) }
      const { results } = await kafka.client.send(alterUserScramCredentials, 0, {
        deletions: deletions.map((mechanism) => ({ name, mechanism })),
        upsertions: upsertions.map(([mechanism, iterations]) => ({ ...keys, mechanism, iterations })),
      })
      return errorsOf(results)[name]
    }
    // Kafka answers before every part of it knows.
    const becomes = (answer: object) => expect.poll(described).toMatchObject(answer)
    expect(await alter([], [[1, 4096]])).toBe(NONE)
    await becomes({ errorCode: NONE, credentialInfos: [{ mechanism: 1, iterations: 4096 }] })
    expect(await alter([], [[2, 8192]])).toBe(NONE)
    await expect
      .poll(async () => (await described()).credentialInfos.map(({ mechanism }) => mechanism).sort())
      .toEqual([1, 2])
    expect(await alter([1], [[2, 8192]])).toBe(DUPLICATE_RESOURCE)
    expect(await alter([1], [])).toBe(NONE)
    await becomes({ credentialInfos: [{ mechanism: 2, iterations: 8192 }] })
    expect(await alter([1], [])).toBe(RESOURCE_NOT_FOUND)
    expect(await alter([2], [])).toBe(NONE)
    await becomes({ errorCode: RESOURCE_NOT_FOUND, credentialInfos: [] })
  })

  test('a login where none is asked for has come too late', async () => {
    const { ILLEGAL_SASL_STATE } = ErrorCode
    expect(await kafka.client.send(saslHandshake, 1, { mechanism: 'PLAIN' })).toMatchObject({
      errorCode: ILLEGAL_SASL_STATE,
    })
    expect(await kafka.client.send(saslAuthenticate, 1, { authBytes: Buffer.from('\0a\0b') })).toMatchObject({
      errorCode: ILLEGAL_SASL_STATE,
    })
  })
})

describe('features', () => {
  const { INVALID_UPDATE_VERSION } = ErrorCode
  const feature = 'transaction.version'

  const update = async (updates: object[], version = 2) => {
    const featureUpdates = updates.map((one) => ({ feature, maxVersionLevel: 2, ...one }))
    return kafka.client.send(updateFeatures, version, { featureUpdates, validateOnly: true })
  }

  test.each([0, 1, 2])('can be updated to where they are in version %i', async (version) => {
    const answer = await update([{}], version)
    expect(answer.errorCode).toBe(NONE)
    expect(answer.results).toMatchObject(version < 2 ? [{ feature, errorCode: NONE }] : [])
  })

  test.each([
    ['an unknown feature', [{ feature: 'foo' }]],
    ['a level that is not supported', [{ maxVersionLevel: 3 }]],
    ['a level below zero', [{ maxVersionLevel: -1 }]],
    ['a lower level without saying so', [{ maxVersionLevel: 1 }]],
    ['an unknown type of update', [{ upgradeType: 9 }]],
    ['one bad among good ones', [{}, { feature: 'foo' }]],
  ])('%s is refused for all', async (_what, updates) => {
    expect(await update(updates)).toMatchObject({ errorCode: INVALID_UPDATE_VERSION, results: [] })
  })
})
