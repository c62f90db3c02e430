import { beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { MemoryFileSystem } from '../../disk/memory-file-system.ts'
import { type BootedController, bootController } from '../../metadata/controller.fixture.ts'
import { isRefusal } from '../../metadata/refusal.ts'
import { type Acl, AclOperation, AclPattern, AclPermission, AclResource } from './acl.ts'
import { createAcls, deleteAcls, MAX_ACLS } from './acl-control.ts'
import type { AclFilter } from './acl-filter.ts'
import type { AclCreation } from './new-acl.ts'

let fs: MemoryFileSystem
let booted: BootedController
beforeEach(async () => {
  fs = new MemoryFileSystem()
  booted = await bootController(fs)
})

const creation = (given: Partial<AclCreation> = {}): AclCreation => ({
  ...{ resourceType: AclResource.topic, resourcePatternType: AclPattern.literal, resourceName: 't' },
  ...{ principal: 'User:alice', host: '*', operation: AclOperation.read, permissionType: AclPermission.allow },
  ...given,
})
const filter = (given: Partial<AclFilter> = {}): AclFilter => ({
  ...{ resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1 },
  ...{ principalFilter: null, hostFilter: null, operation: 1, permissionType: 1 },
  ...given,
})
const names = () => Array.from(booted.controller.image.acls.all(), ({ resourceName }: Acl) => resourceName).sort()

async function powerCut(): Promise<void> {
  fs.crash(() => 0)
  booted = await bootController(fs)
}

test('what was answered is there after a power cut, and what was deleted is not', async () => {
  const creations = ['t', 'u', 'v'].map((resourceName) => creation({ resourceName }))
  expect(await createAcls(booted.controller, creations)).toEqual([undefined, undefined, undefined])
  await powerCut()
  expect(names()).toEqual(['t', 'u', 'v'])
  const [met] = await deleteAcls(booted.controller, [filter({ resourceNameFilter: 'u' })])
  expect(met).toMatchObject([{ resourceName: 'u', principal: 'User:alice' }])
  await powerCut()
  expect(names()).toEqual(['t', 'v'])
})

test('rules are in the snapshot that a grown journal becomes', async () => {
  await createAcls(booted.controller, [creation({ resourceName: 'kept' })])
  for (let i = 0; i < 600; i++) {
    await createAcls(booted.controller, [creation({ resourceName: `${i}`.padEnd(900, 'x') })])
    await deleteAcls(booted.controller, [filter({ resourceNameFilter: `${i}`.padEnd(900, 'x') })])
  }
  await powerCut()
  expect(names()).toEqual(['kept'])
})

test('the same rule again is the same rule', async () => {
  await createAcls(booted.controller, [creation(), creation()])
  await createAcls(booted.controller, [creation()])
  expect(names()).toEqual(['t'])
})

test('what the disk refuses is refused, and decides nothing', async () => {
  fs.fail = () => 'EIO'
  expect(await createAcls(booted.controller, [creation()])).toMatchObject([
    { errorCode: ErrorCode.KAFKA_STORAGE_ERROR },
  ])
  fs.fail = () => undefined
  expect(names()).toEqual([])
})

test.each<[string, Partial<AclCreation>]>([
  ['a resource of any type', { resourceType: 1 }],
  ['a pattern that matches', { resourcePatternType: 2 }],
  ['any operation', { operation: 1 }],
  ['an operation that nobody knows', { operation: 99 }],
  ['any permission', { permissionType: 1 }],
  ['no name', { resourceName: '' }],
  ['a name that is too long', { resourceName: 'x'.repeat(1001) }],
  ['another cluster', { resourceType: AclResource.cluster, resourceName: 'mine' }],
  ['a principal without a type', { principal: 'alice' }],
  ['no host', { host: '' }],
])('%s is no rule; the others of the request are made', async (_what, given) => {
  const outcomes = await createAcls(booted.controller, [creation(given), creation({ resourceName: 'good' })])
  expect(outcomes).toMatchObject([{ errorCode: ErrorCode.INVALID_REQUEST }, undefined])
  expect(names()).toEqual(['good'])
})

test('there is a limit, and a request that goes beyond it changes nothing', async () => {
  const all = Array.from({ length: MAX_ACLS }, (_, i) => creation({ resourceName: `${i}` }))
  expect((await createAcls(booted.controller, all)).every((outcome) => outcome === undefined)).toBe(true)
  expect(await createAcls(booted.controller, [creation({ resourceName: 'more' })])).toMatchObject([
    { errorCode: ErrorCode.POLICY_VIOLATION },
  ])
  expect(booted.controller.image.acls.size).toBe(MAX_ACLS)
})

test('filters meet what they say', async () => {
  const rules = [
    creation(),
    creation({ resourceName: 'orders-', resourcePatternType: AclPattern.prefixed }),
    creation({ resourceName: '*', host: '10.0.0.1' }),
    creation({ resourceType: AclResource.group, resourceName: 'orders-eu', operation: AclOperation.all }),
  ]
  const metBy = async (given: Partial<AclFilter>) => {
    await createAcls(booted.controller, rules)
    const [met] = await deleteAcls(booted.controller, [filter(given)])
    return isRefusal(met!) ? met.errorCode : met!.map(({ resourceName }) => resourceName).sort()
  }
  expect(await metBy({})).toEqual(['*', 'orders-', 'orders-eu', 't'])
  expect(await metBy({ resourceNameFilter: 'orders-eu', patternTypeFilter: 2 })).toEqual(['*', 'orders-', 'orders-eu'])
  expect(await metBy({ resourceNameFilter: 'orders-eu' })).toEqual(['orders-eu'])
  expect(await metBy({ patternTypeFilter: AclPattern.prefixed })).toEqual(['orders-'])
  expect(await metBy({ hostFilter: '10.0.0.1' })).toEqual(['*'])
  expect(await metBy({ operation: AclOperation.all })).toEqual(['orders-eu'])
  expect(await metBy({ principalFilter: 'User:bob' })).toEqual([])
  expect(await metBy({ operation: 0 })).toBe(ErrorCode.INVALID_REQUEST)
})
