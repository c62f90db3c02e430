import { beforeAll, describe, expect, test } from 'vitest'
import { ErrorCode, Reader, Writer } from '#libs/kafka-protocol'
import { ApiKey } from '../../api-key.ts'
import { Broker } from '../../broker.ts'
import { ManualClock } from '../../clock.fixture.ts'
import { LiveSettings } from '../../config/live-settings.ts'
import { MemoryFileSystem } from '../../disk/memory-file-system.ts'
import { dispatch } from '../../dispatch.ts'
import { testContext } from '../../handler.fixture.ts'
import { CLOSE, NO_RESPONSE } from '../../handler.ts'
import { userPrincipal } from '../principal.ts'
import {
  type Acl,
  AclOperation,
  AclPattern,
  AclPermission,
  AclResource,
  CLUSTER_NAME,
  operationName,
  resourceTypeName,
  STANDARD_AUTHORIZER,
} from './acl.ts'
import type { Guard, Requirement } from './guard.ts'
import { guards } from './guards.ts'
import { type GuardedRequest, guardedRequests } from './requests.fixture.ts'

/** Anybody may ask; what is not allowed is left out of the answer, or there is nothing that could be refused. */
const NEVER_REFUSED: readonly ApiKey[] = [
  ...[ApiKey.ApiVersions, ApiKey.SaslHandshake, ApiKey.SaslAuthenticate, ApiKey.DescribeCluster],
  ...[ApiKey.ListGroups, ApiKey.ListTransactions],
  // Refused partition by partition, in the handler: `test/security/authorization.int.spec.ts`.
  ApiKey.Fetch,
]
const DENIALS: readonly number[] = [
  ...[ErrorCode.TOPIC_AUTHORIZATION_FAILED, ErrorCode.GROUP_AUTHORIZATION_FAILED],
  ...[ErrorCode.CLUSTER_AUTHORIZATION_FAILED, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED],
]
const ERROR_OF: Readonly<Partial<Record<AclResource, ErrorCode>>> = {
  [AclResource.topic]: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  [AclResource.group]: ErrorCode.GROUP_AUTHORIZATION_FAILED,
  [AclResource.cluster]: ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  [AclResource.transactionalId]: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
}

const open = async (given: Record<string, string>): Promise<Broker> => {
  const settings = new LiveSettings(given)
  const broker = await Broker.open({ settings, clock: new ManualClock(), fs: new MemoryFileSystem(), dataDir: '/data' })
  await broker.controller.createTopic('t', 1, {})
  return broker
}
let broker: Broker
beforeAll(async () => {
  broker = await open({ 'authorizer.class.name': STANDARD_AUTHORIZER, 'super.users': 'User:root' })
})

const contextOf = (user: string, apiVersion: number) =>
  testContext(broker, { apiVersion, principal: userPrincipal(user), clientHost: '/10.0.0.1' })

const allowing = ([operation, resourceType]: Requirement): Acl => ({
  ...{ resourceType, operation, patternType: AclPattern.literal, principal: 'User:alice', host: '10.0.0.1' },
  resourceName: resourceType === AclResource.cluster ? CLUSTER_NAME : '*',
  permission: AclPermission.allow,
})

/** Whether the request, and nothing less, comes to its handler while this is allowed and nothing else. */
async function passes({ api, version, request }: GuardedRequest, allowed: readonly Requirement[]): Promise<boolean> {
  const { acls } = broker.controller.image
  for (const acl of [...acls.all()]) acls.delete(acl)
  for (const requirement of allowed) acls.add(allowing(requirement))
  let passed: unknown
  const access = broker.authorizer!.accessOf(contextOf('alice', version))
  await guards[api.key as ApiKey].handle(request, access, (allowedPart) => {
    passed = allowedPart
    return NO_RESPONSE
  })
  return JSON.stringify(passed) === JSON.stringify(request)
}

const isRequirement = (one: Guard['requires'][number]): one is Requirement => typeof one[0] === 'number'

/** Every error code in an answer, wherever it is. */
function errorsIn(answer: unknown): number[] {
  if (typeof answer !== 'object' || answer === null) return []
  return Object.entries(answer).flatMap(([key, value]) =>
    /errorCode$/i.test(key) && typeof value === 'number' ? [value] : errorsIn(value),
  )
}

const named = guardedRequests.map((one) => {
  const needs = one.needs.map(([operation, type]) => `${operationName(operation)} ${resourceTypeName(type)}`)
  return [`${one.api.name} ${one.version} needs ${needs.join(', ')}`, one] as const
})

test('every API has the guard of its own', () => {
  for (const [name, key] of Object.entries(ApiKey)) expect(guards[key].api, name).toBe(dispatch[key].api)
  expect(Object.keys(guards)).toEqual(Object.keys(dispatch))
})

test('every API that can be refused is walked here, with everything that it says it requires', () => {
  for (const key of Object.values(ApiKey)) {
    const needed = guardedRequests.filter(({ api }) => api.key === key).flatMap(({ needs }) => needs)
    expect(needed.length > 0, guards[key].api.name).toBe(!NEVER_REFUSED.includes(key))
    const required = guards[key].requires.flatMap((one) => (isRequirement(one) ? [one] : one))
    for (const need of needed) expect(required, guards[key].api.name).toContainEqual(need)
  }
})

describe.each(named)('%s', (_what, one) => {
  test('nothing less will do', async () => {
    expect(await passes(one, one.needs)).toBe(true)
    expect(await passes(one, [])).toBe(false)
    for (const missing of one.needs) {
      const others = one.needs.filter((other) => other !== missing)
      expect(await passes(one, others), operationName(missing[0])).toBe(false)
    }
    expect(
      await passes(
        one,
        one.needs.map(([, type]) => [AclOperation.all, type] as const),
      ),
    ).toBe(true)
  })

  test("who may nothing is told so with Kafka's code, in words that clients can read", async () => {
    await passes(one, [])
    const { api, version, request } = one
    const answer = await dispatch[api.key as ApiKey].handle(request, contextOf('mallory', version))
    if (answer === CLOSE || answer === NO_RESPONSE) throw new Error('there is no answer')
    const writer = new Writer()
    api.writeResponse(writer, version, answer)
    const told = api.readResponse(new Reader(Buffer.concat(writer.buffers())), version)
    const denials = errorsIn(told).filter((code) => DENIALS.includes(code))
    // Where one of several things would do, the error is that of one of them.
    const needs = guardedRequests.filter((other) => other.api === api).flatMap((other) => other.needs)
    expect(needs.map(([, type]) => ERROR_OF[type])).toContain(denials[0])
  })
})

test('a rule for an address holds for it however the socket writes it, and for no other', () => {
  const { acls } = broker.controller.image
  acls.add(allowing([AclOperation.read, AclResource.topic]))
  const mayFrom = (clientHost: string) =>
    broker
      .authorizer!.accessOf({ ...contextOf('alice', 0), clientHost })
      .could(AclOperation.read, AclResource.topic, 't')
  expect(['/10.0.0.1', '/::ffff:10.0.0.1', '/10.0.0.2', '/::1'].map(mayFrom)).toEqual([true, true, false, false])
})

test('a super user needs no rule', async () => {
  const access = broker.authorizer!.accessOf(contextOf('root', 0))
  expect(access.mayCluster(AclOperation.alter)).toBe(true)
  expect(broker.authorizer!.accessOf(contextOf('rooty', 0)).couldCluster(AclOperation.alter)).toBe(false)
})

test('what no rule speaks of is for everybody, where that is set', async () => {
  const lenient = await open({
    'authorizer.class.name': STANDARD_AUTHORIZER,
    'allow.everyone.if.no.acl.found': 'true',
  })
  const access = lenient.authorizer!.accessOf(contextOf('alice', 0))
  const may = (name: string) => access.could(AclOperation.read, AclResource.topic, name)
  expect(may('t')).toBe(true)
  lenient.controller.image.acls.add({
    ...allowing([AclOperation.read, AclResource.topic]),
    resourceName: 't',
    principal: 'User:bob',
  })
  expect([may('t'), may('u')]).toEqual([false, true])
})

test('without the setting there is no authorizer, and handlers are asked as they are', async () => {
  expect((await open({})).authorizer).toBeUndefined()
})
