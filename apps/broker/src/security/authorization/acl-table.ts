import { type Acl, AclPattern, type AclResource, WILDCARD } from './acl.ts'

/** Rules, found by what they speak of. A look-up costs a look at each length that some prefix has, not at each rule. */
export class AclTable {
  private readonly byKey = new Map<string, Acl>()
  private readonly byPattern = new Map<string, Set<Acl>>()
  /** How many patterns of each length there are, by resource type. */
  private readonly prefixLengths = new Map<AclResource, Map<number, number>>()

  static of(acls: Iterable<Acl>): AclTable {
    const table = new AclTable()
    for (const acl of acls) table.add(acl)
    return table
  }

  get size(): number {
    return this.byKey.size
  }

  all(): Iterable<Acl> {
    return this.byKey.values()
  }

  has(acl: Acl): boolean {
    return this.byKey.has(keyOf(acl))
  }

  /** Nothing happens when it is there already. */
  add(acl: Acl): void {
    const key = keyOf(acl)
    if (this.byKey.has(key)) return
    this.byKey.set(key, acl)
    const pattern = patternKey(acl.resourceType, acl.patternType, acl.resourceName)
    const same = this.byPattern.get(pattern)
    if (same !== undefined) {
      same.add(acl)
      return
    }
    this.byPattern.set(pattern, new Set([acl]))
    if (acl.patternType === AclPattern.prefixed) this.countPrefix(acl, 1)
  }

  delete(acl: Acl): void {
    const key = keyOf(acl)
    const known = this.byKey.get(key)
    if (known === undefined) return
    this.byKey.delete(key)
    const pattern = patternKey(acl.resourceType, acl.patternType, acl.resourceName)
    const same = this.byPattern.get(pattern)!
    same.delete(known)
    if (same.size > 0) return
    this.byPattern.delete(pattern)
    if (acl.patternType === AclPattern.prefixed) this.countPrefix(acl, -1)
  }

  /** Every rule whose pattern covers the resource of this name. */
  *covering(type: AclResource, name: string): Generator<Acl> {
    yield* this.at(type, AclPattern.literal, name)
    if (name !== WILDCARD) yield* this.at(type, AclPattern.literal, WILDCARD)
    for (const length of this.prefixLengths.get(type)?.keys() ?? []) {
      if (length <= name.length) yield* this.at(type, AclPattern.prefixed, name.slice(0, length))
    }
  }

  private at(type: AclResource, pattern: AclPattern, name: string): Iterable<Acl> {
    return this.byPattern.get(patternKey(type, pattern, name)) ?? []
  }

  private countPrefix({ resourceType, resourceName: { length } }: Acl, change: 1 | -1): void {
    const lengths = this.prefixLengths.get(resourceType) ?? new Map<number, number>()
    this.prefixLengths.set(resourceType, lengths)
    const count = (lengths.get(length) ?? 0) + change
    if (count > 0) lengths.set(length, count)
    else lengths.delete(length)
  }
}

const patternKey = (type: AclResource, pattern: AclPattern, name: string): string => `${type} ${pattern} ${name}`

const keyOf = (acl: Acl): string =>
  JSON.stringify([
    ...[acl.resourceType, acl.patternType, acl.resourceName],
    ...[acl.principal, acl.host, acl.operation, acl.permission],
  ])
