import { type alterUserScramCredentials, ErrorCode, type RequestOf } from '#libs/kafka-protocol'
import type { Controller } from '../../metadata/controller.ts'
import { isRefusal, type Refusal, refusal } from '../../metadata/refusal.ts'
import {
  credentialOfSalted,
  isScramId,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  type ScramCredential,
  type ScramMechanismId,
} from './scram-credential.ts'

type Request = RequestOf<typeof alterUserScramCredentials>

/** Everybody's, in one file that is read whole at the start. */
const MAX_USERS = 100_000

/** What is kept of each user, by mechanism. */
export type ScramUsers = ReadonlyMap<string, Readonly<Partial<Record<ScramMechanismId, ScramCredential>>>>

/** One user's credential for one mechanism; null: there is none. */
export interface ScramChange {
  readonly user: string
  readonly mechanism: ScramMechanismId
  readonly credential: ScramCredential | null
}

export interface ScramDecision {
  readonly changes: readonly ScramChange[]
  /** By user, of those whose change was refused. */
  readonly refusals: ReadonlyMap<string, Refusal>
}

/** What a request changes, and what it may not; as in Kafka, the first thing that is wrong with a user is said of it. */
export function decideScramChanges({ deletions, upsertions }: Request, users: ScramUsers): ScramDecision {
  const changes = new Map<string, ScramChange>()
  const refusals = new Map<string, Refusal>()
  const decide = (user: string, problem: () => Refusal | undefined, change: () => ScramChange) => {
    if (refusals.has(user)) return
    const found = changes.delete(user) ? TWICE : problem()
    if (found === undefined) changes.set(user, change())
    else refusals.set(user, found)
  }
  for (const { name, mechanism } of deletions) {
    const problem = () => identityProblem(name, mechanism) ?? missing(users, name, mechanism)
    decide(name, problem, () => ({ user: name, mechanism: mechanism as ScramMechanismId, credential: null }))
  }
  for (const upsertion of upsertions) {
    const { name, mechanism, iterations, salt, saltedPassword } = upsertion
    const problem = () =>
      upsertionProblem(upsertion) ?? (users.has(name) || users.size < MAX_USERS ? undefined : TOO_MANY)
    decide(name, problem, () => {
      const id = mechanism as ScramMechanismId
      return { user: name, mechanism: id, credential: credentialOfSalted(id, saltedPassword, salt, iterations) }
    })
  }
  return { changes: [...changes.values()], refusals }
}

/** Those that a broker begins with. Whoever has a credential of that mechanism keeps it. Rejects when the disk refuses. */
export async function addMissingUsers(controller: Controller, wanted: readonly ScramChange[]): Promise<void> {
  if (wanted.length === 0) return
  const done = await controller.alterScramUsers((users) => ({
    changes: wanted.filter(({ user, mechanism }) => users.get(user)?.[mechanism] === undefined),
    refusals: new Map(),
  }))
  if (isRefusal(done)) throw new Error(`users cannot be added: ${done.errorMessage}`)
}

function identityProblem(name: string, mechanism: number): Refusal | undefined {
  if (name === '') return unacceptable('Username must not be empty')
  if (isScramId(mechanism)) return undefined
  return refusal(ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism')
}

function upsertionProblem({ name, mechanism, iterations }: Request['upsertions'][number]): Refusal | undefined {
  const problem = identityProblem(name, mechanism)
  if (problem !== undefined) return problem
  if (iterations < MIN_ITERATIONS) return unacceptable('Too few iterations')
  return iterations > MAX_ITERATIONS ? unacceptable('Too many iterations') : undefined
}

const missing = (users: ScramUsers, name: string, mechanism: number): Refusal | undefined =>
  users.get(name)?.[mechanism as ScramMechanismId] === undefined ? NOT_FOUND : undefined

const unacceptable = (errorMessage: string): Refusal => refusal(ErrorCode.UNACCEPTABLE_CREDENTIAL, errorMessage)
const NOT_FOUND = refusal(ErrorCode.RESOURCE_NOT_FOUND, 'Attempt to delete a user credential that does not exist')
const TWICE = refusal(ErrorCode.DUPLICATE_RESOURCE, 'A user credential cannot be altered twice in the same request')
const TOO_MANY = refusal(ErrorCode.POLICY_VIOLATION, `There are ${MAX_USERS} users already`)
