import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Acl, AclOperation, AclPattern, AclPermission, AclResource, type ResourceName } from './acl.ts'
import { AclTable } from './acl-table.ts'
import { authorize, authorizeAnywhere, type Verdict } from './authorize.ts'

const { read, write, delete: remove, alter, describe: describing, describeConfigs, alterConfigs, all } = AclOperation
const OPERATIONS = [...Object.values(AclOperation).filter((operation) => operation !== all)]
/** Names that are the beginnings of others, and what means something else as a pattern. */
const NAMES = ['a', 'ab', 'abc', 'b', '*', 'ab*'] as const
const TYPES = [AclResource.topic, AclResource.group] as const

const acl: fc.Arbitrary<Acl> = fc.record({
  resourceType: fc.constantFrom(...TYPES),
  patternType: fc.constantFrom(AclPattern.literal, AclPattern.prefixed),
  resourceName: fc.constantFrom(...NAMES),
  principal: fc.constantFrom('User:alice', 'User:bob', 'User:*', 'Group:alice'),
  host: fc.constantFrom('10.0.0.1', '10.0.0.2', '*'),
  operation: fc.constantFrom(...Object.values(AclOperation)),
  permission: fc.constantFrom(AclPermission.allow, AclPermission.allow, AclPermission.deny),
})
const asking = {
  principal: fc.constantFrom('User:alice', 'User:bob', 'User:carol'),
  host: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'),
  operation: fc.constantFrom(...OPERATIONS),
  type: fc.constantFrom(...TYPES),
  name: fc.constantFrom(...NAMES, 'abcd', 'c', ''),
}

/** By whom something is allowed without being said, as Kafka's documentation has it. */
const IMPLIED_BY = new Map<number, readonly number[]>([
  [describing, [read, write, remove, alter]],
  [describeConfigs, [alterConfigs]],
])

/** Looks at every rule, one after the other. */
function verdictOf(acls: readonly Acl[], who: string, host: string, operation: number, at: ResourceName): Verdict {
  const covering = acls.filter(
    ({ resourceType, patternType, resourceName }) =>
      resourceType === at.type &&
      (patternType === AclPattern.prefixed
        ? at.name.startsWith(resourceName)
        : resourceName === at.name || resourceName === '*'),
  )
  if (covering.length === 0) return 'unruled'
  const about = covering.filter((one) => ['User:*', who].includes(one.principal) && ['*', host].includes(one.host))
  const speaks = (permission: AclPermission, operations: readonly number[]) =>
    about.some((one) => one.permission === permission && operations.includes(one.operation))
  if (speaks(AclPermission.deny, [operation, all])) return 'denied'
  return speaks(AclPermission.allow, [operation, all, ...(IMPLIED_BY.get(operation) ?? [])]) ? 'allowed' : 'denied'
}

test('decides as whoever looks at every rule', () => {
  const property = fc.property(fc.array(acl, { maxLength: 12 }), fc.record(asking), (acls, asked) => {
    const { principal, host, operation, type, name } = asked
    const verdict = authorize(AclTable.of(acls), principal, host, operation, { type, name })
    expect(verdict).toBe(verdictOf(acls, principal, host, operation, { type, name }))
  })
  fc.assert(property, { numRuns: 5000 })
})

test('a table is the set of what was put into it and not taken out again', () => {
  const change = fc.record({ acl, isAdded: fc.boolean() })
  const property = fc.property(fc.array(change, { maxLength: 60 }), fc.record(asking), (changes, asked) => {
    const table = new AclTable()
    const model = new Map<string, Acl>()
    for (const one of changes) {
      if (one.isAdded) table.add(one.acl)
      else table.delete(one.acl)
      if (one.isAdded) model.set(JSON.stringify(one.acl), one.acl)
      else model.delete(JSON.stringify(one.acl))
    }
    expect(table.size).toBe(model.size)
    expect(new Set([...table.all()].map((one) => JSON.stringify(one)))).toEqual(new Set(model.keys()))
    const { principal, host, operation, type, name } = asked
    const expected = verdictOf([...model.values()], principal, host, operation, { type, name })
    expect(authorize(table, principal, host, operation, { type, name })).toBe(expected)
  })
  fc.assert(property, { numRuns: 2000 })
})

test('something is allowed anywhere when there is a name for which it is allowed', () => {
  const { principal, host, type } = asking
  const property = fc.property(fc.array(acl, { maxLength: 8 }), principal, host, type, (acls, who, from, of) => {
    const table = AclTable.of(acls)
    // One of those that each rule speaks of, which no longer pattern does.
    const names = acls.map(({ patternType, resourceName }) =>
      patternType === AclPattern.prefixed || resourceName === '*' ? `${resourceName}~` : resourceName,
    )
    const candidates = [...names, '~']
    const isSomewhere = candidates.some((name) => authorize(table, who, from, write, { type: of, name }) === 'allowed')
    expect(authorizeAnywhere(table, who, from, write, of)).toBe(isSomewhere)
  })
  fc.assert(property, { numRuns: 3000 })
})

describe('by example', () => {
  const allow: Acl = {
    ...{ resourceType: AclResource.topic, patternType: AclPattern.prefixed, resourceName: 'orders-' },
    ...{ principal: 'User:alice', host: '*', operation: read, permission: AclPermission.allow },
  }
  const deny = (given: Partial<Acl>): Acl => ({ ...allow, permission: AclPermission.deny, ...given })
  const ask = (acls: readonly Acl[], operation: AclOperation = read, name = 'orders-eu', host = '10.0.0.1') =>
    authorize(AclTable.of(acls), 'User:alice', host, operation, { type: AclResource.topic, name })

  test.each<[string, Verdict, Verdict]>([
    ['what no rule speaks of is left open', ask([]), 'unruled'],
    ['a prefix covers', ask([allow]), 'allowed'],
    ['and nothing else', ask([allow], read, 'order'), 'unruled'],
    ['reading is describing', ask([allow], describing), 'allowed'],
    ['and not writing', ask([allow], write), 'denied'],
    ['a denial is stronger, however special the permission', ask([allow, deny({ resourceName: 'o' })]), 'denied'],
    ['a denial implies nothing', ask([allow, deny({ operation: write })], describing), 'allowed'],
    ['a denial of all denies each', ask([allow, deny({ operation: all })], describing), 'denied'],
    ['a denial of another host', ask([allow, deny({ host: '10.0.0.2' })]), 'allowed'],
    ['a denial of this host', ask([allow, deny({ host: '10.0.0.2' })], read, 'orders-eu', '10.0.0.2'), 'denied'],
    ['a rule for others closes it', ask([{ ...allow, principal: 'User:bob' }]), 'denied'],
    ['a rule for anybody', ask([{ ...allow, principal: 'User:*' }]), 'allowed'],
  ])('%s', (_what, verdict, expected) => expect(verdict).toBe(expected))
})
