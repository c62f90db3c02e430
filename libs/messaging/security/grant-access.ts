import { pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import {
  alterUserScramCredentials,
  createAcls,
  deleteAcls,
  describeAcls,
  ErrorCode,
  type RequestOf,
} from '#libs/kafka-protocol'
import type { KafkaOptions } from '../kafka-client.ts'
import type { BrokerConnection } from '../producer/broker-connection.ts'
import { Cluster } from '../producer/cluster.ts'
import { errorOf } from '../producer/errors.ts'
import { type AccessRule, OPERATIONS, PATTERNS, RESOURCES } from './access-rule.ts'

/** Who a user is to be, and what it may do from now on. */
export interface UserAccess {
  readonly name: string
  readonly password: string
  readonly rules: readonly AccessRule[]
}

const TIMING = { connectMs: 5_000, requestMs: 30_000, retriesMs: [], metadataMs: 0 }
const ACLS_VERSION = 2
const ANY_FILTER = 1
const ALLOW = 3
const SCRAM_SHA_512 = 2
const ITERATIONS = 4096
const derive = promisify(pbkdf2)

/**
 * Gives each user its password by SCRAM-SHA-512, and just these rules: what it was allowed before and is not meant to be
 * is taken away, last, so that nobody lacks anything meanwhile. The same again changes nothing. To be asked by somebody
 * who may alter the cluster. Rejects with `Refused` when Kafka says no.
 */
export const grantAccess = async (options: KafkaOptions, users: readonly UserAccess[]): Promise<void> => {
  const cluster = new Cluster(options, TIMING)
  try {
    const connection = await cluster.anyConnection()
    await setPasswords(connection, users)
    for (const user of users) await setRules(connection, user)
  } finally {
    cluster.close()
  }
}

const setPasswords = async (connection: BrokerConnection, users: readonly UserAccess[]): Promise<void> => {
  const upsertions = await Promise.all(
    users.map(async ({ name, password }) => {
      const salt = randomBytes(32)
      const saltedPassword = await derive(password, salt, ITERATIONS, 64, 'sha512')
      return { name, mechanism: SCRAM_SHA_512, iterations: ITERATIONS, salt, saltedPassword }
    }),
  )
  const { results } = await connection.request(alterUserScramCredentials, 0, { deletions: [], upsertions })
  for (const { user, errorCode, errorMessage } of results) check(errorCode, `the password of ${user}`, errorMessage)
}

type Acl = RequestOf<typeof createAcls>['creations'][number]

const setRules = async (connection: BrokerConnection, { name, rules }: UserAccess): Promise<void> => {
  const principal = `User:${name}`
  const wanted = new Map(rules.map((rule) => aclOf(principal, rule)).map((acl) => [textOf(acl), acl]))
  const before = await aclsOf(connection, principal)
  const creations = [...wanted].filter(([text]) => !before.has(text)).map(([, acl]) => acl)
  if (creations.length > 0) {
    const { results } = await connection.request(createAcls, ACLS_VERSION, { creations })
    for (const { errorCode, errorMessage } of results) check(errorCode, `rules of ${principal}`, errorMessage)
  }
  const filters = [...before].filter(([text]) => !wanted.has(text)).map(([, acl]) => filterOf(acl))
  if (filters.length === 0) return
  const { filterResults } = await connection.request(deleteAcls, ACLS_VERSION, { filters })
  for (const { errorCode, errorMessage } of filterResults) check(errorCode, `rules of ${principal}`, errorMessage)
}

const aclOf = (principal: string, { resource, name, pattern, operation }: AccessRule): Acl => ({
  ...{ resourceType: RESOURCES[resource], resourceName: name, resourcePatternType: PATTERNS[pattern] },
  ...{ principal, host: '*', operation: OPERATIONS[operation], permissionType: ALLOW },
})

/** All that rules say of the principal, by their text. */
const aclsOf = async (connection: BrokerConnection, principal: string): Promise<ReadonlyMap<string, Acl>> => {
  const filter = { resourceTypeFilter: ANY_FILTER, resourceNameFilter: null, patternTypeFilter: ANY_FILTER }
  const answer = await connection.request(describeAcls, ACLS_VERSION, {
    ...{ ...filter, principalFilter: principal, hostFilter: null, operation: ANY_FILTER, permissionType: ANY_FILTER },
  })
  check(answer.errorCode, `rules of ${principal}`, answer.errorMessage)
  const all = answer.resources.flatMap(({ resourceType, resourceName, patternType, acls }) =>
    acls.map((acl) => ({ resourceType, resourceName, resourcePatternType: patternType, ...acl })),
  )
  return new Map(all.map((acl) => [textOf(acl), acl]))
}

const textOf = (acl: Acl): string =>
  [acl.resourceType, acl.resourcePatternType, acl.operation, acl.permissionType, acl.host, acl.resourceName].join(' ')

const filterOf = ({ resourceType, resourceName, resourcePatternType, principal, host, ...rest }: Acl) => ({
  ...{ resourceTypeFilter: resourceType, resourceNameFilter: resourceName, patternTypeFilter: resourcePatternType },
  ...{ principalFilter: principal, hostFilter: host, operation: rest.operation, permissionType: rest.permissionType },
})

const check = (errorCode: number, what: string, detail: string | null): void => {
  if (errorCode !== ErrorCode.NONE) throw errorOf(errorCode, what, detail)
}
