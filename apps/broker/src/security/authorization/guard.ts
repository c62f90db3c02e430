import type { Api, Fields, RequestOf, ResponseOf } from '#libs/kafka-protocol'
import { CLOSE, type Handler, NO_RESPONSE } from '../../handler.ts'
import type { Access } from './access.ts'
import { type AclOperation, AclResource, CLUSTER_NAME, type ResourceName } from './acl.ts'

type Answer<S> = S | typeof NO_RESPONSE | typeof CLOSE
export type Answered<S> = Answer<S> | Promise<Answer<S>>

/** What somebody must be allowed to do. */
export type Requirement = readonly [AclOperation, AclResource]

/** Stands between a request and its handler. */
export interface Guard<Q extends Fields = Fields, S extends Fields = Fields> {
  readonly api: Api<Q, S>
  /** All of these must be allowed for a request to be answered in full; of a list within it, any one. */
  readonly requires: readonly (Requirement | readonly Requirement[])[]
  /** `next` hands over what is allowed of the request to the handler. */
  handle(
    request: RequestOf<Api<Q, S>>,
    access: Access,
    next: (request: RequestOf<Api<Q, S>>) => Answered<ResponseOf<Api<Q, S>>>,
  ): Answered<ResponseOf<Api<Q, S>>>
}

export const defineGuard = <Q extends Fields, S extends Fields>(guard: Guard<Q, S>): Guard<Q, S> => guard

/** The same handler for those who may; exactly the same where there is no authorizer. */
export function guarded<H extends Handler>(handler: H, guard: Guard): H {
  const handle: Handler['handle'] = (request, context) => {
    const { authorizer } = context.broker
    if (authorizer === undefined) return handler.handle(request, context)
    return guard.handle(request, authorizer.accessOf(context), (allowed) => handler.handle(allowed, context))
  }
  return { ...handler, handle }
}

/** For what anybody may ask. */
export const open = <Q extends Fields, S extends Fields>(api: Api<Q, S>): Guard<Q, S> =>
  defineGuard({ api, requires: [], handle: (request, _access, next) => next(request) })

/** What is asked of a request before anything of it is looked at. */
interface Whole<R, S> {
  readonly needs: Requirement
  /** Of what; null: of nothing, and it passes. */
  readonly name: (request: R) => string | null
  readonly refused: (request: R, access: Access) => S
}

type ItemOf<L> = NonNullable<L> extends readonly (infer T)[] ? T : never

/** What is asked of each item of a list in the request; for those that do not pass there is an entry in one of the answer. */
interface Each<R, S, F extends keyof R, A extends keyof S> {
  /** Of several, which differ in the type of the resource, the one that the item is about. */
  readonly needs: Requirement | readonly [Requirement, ...Requirement[]]
  /** Undefined: what it names is not there, which anybody may be told. */
  readonly name: (item: ItemOf<R[F]>, access: Access) => string | ResourceName | undefined
  /** Whoever may do this to the cluster is asked for nothing else. */
  readonly unlessCluster?: AclOperation
  readonly refused: (item: ItemOf<R[F]>) => ItemOf<S[A]>
}

/** For what is allowed as a whole or not at all: each of these in turn. */
export const wholly = <Q extends Fields, S extends Fields>(
  api: Api<Q, S>,
  ...needed: readonly Whole<RequestOf<Api<Q, S>>, ResponseOf<Api<Q, S>>>[]
): Guard<Q, S> =>
  defineGuard({
    api,
    requires: needed.map(({ needs }) => needs),
    handle(request, access, next) {
      const lacking = needed.find((one) => !mayWhole(access, one, request))
      return lacking === undefined ? next(request) : lacking.refused(request, access)
    },
  })

const mayWhole = <R, S>(access: Access, { needs: [operation, type], name }: Whole<R, S>, request: R): boolean => {
  const called = name(request)
  return called === null || access.may(operation, type, called)
}

/** For lists of which a part may be allowed, once the request is as a whole: from which field of it into which of the answer. */
export function eachOf<
  Q extends Fields,
  S extends Fields,
  F extends keyof RequestOf<Api<Q, S>>,
  A extends keyof ResponseOf<Api<Q, S>>,
>(
  api: Api<Q, S>,
  of: F,
  into: A,
  { needs, name, unlessCluster, refused }: Each<RequestOf<Api<Q, S>>, ResponseOf<Api<Q, S>>, F, A>,
  ...needed: readonly Whole<RequestOf<Api<Q, S>>, ResponseOf<Api<Q, S>>>[]
): Guard<Q, S> {
  type Item = ItemOf<RequestOf<Api<Q, S>>[F]>
  const any = isOne(needs) ? [needs] : needs
  const [operation, ofType] = any[0]!
  const whole = wholly(api, ...needed)
  const instead = unlessCluster === undefined ? [] : [[unlessCluster, AclResource.cluster] as const]
  return defineGuard({
    api,
    requires: [...whole.requires, [...any, ...instead]],
    handle: (request, access, next) =>
      whole.handle(request, access, (allowed) => {
        if (unlessCluster !== undefined && access.couldCluster(unlessCluster)) return next(allowed)
        return apart<Item, ResponseOf<Api<Q, S>>>(
          allowed[of] as readonly Item[],
          (item) => {
            const called = name(item, access)
            if (called === undefined) return true
            const { type, name: of } = typeof called === 'string' ? { type: ofType, name: called } : called
            return access.may(operation, type, of)
          },
          (items) => next({ ...allowed, [of]: items }),
          (answer, denied) => ({
            ...answer,
            [into]: [...(answer[into] as readonly unknown[]), ...denied.map(refused)],
          }),
        )
      }),
  })
}

const isOne = (needs: Requirement | readonly Requirement[]): needs is Requirement => typeof needs[0] === 'number'

/** The same guard, with what it lets out changed for who asks. */
export const telling = <Q extends Fields, S extends Fields>(
  guard: Guard<Q, S>,
  tell: (answer: ResponseOf<Api<Q, S>>, access: Access) => ResponseOf<Api<Q, S>>,
  ...more: Guard['requires']
): Guard<Q, S> =>
  defineGuard({
    ...guard,
    requires: [...guard.requires, ...more],
    handle: (request, access, next) => changed(guard.handle(request, access, next), (answer) => tell(answer, access)),
  })

/** For what is asked of one operation on the cluster. */
export const clusterWide = <Q extends Fields, S extends Fields>(
  api: Api<Q, S>,
  operation: AclOperation,
  refuse: (request: RequestOf<Api<Q, S>>) => ResponseOf<Api<Q, S>>,
): Guard<Q, S> => wholly(api, { needs: [operation, AclResource.cluster], name: () => CLUSTER_NAME, refused: refuse })

/** Those that pass, and those that do not, each in their order. */
export function split<T>(items: readonly T[], isAllowed: (item: T) => boolean): readonly [T[], T[]] {
  const allowed: T[] = []
  const denied: T[] = []
  for (const item of items) (isAllowed(item) ? allowed : denied).push(item)
  return [allowed, denied]
}

/** Changes an answer when it is there, if it is one. */
export function changed<S>(answer: Answered<S>, change: (answer: S) => S): Answered<S> {
  if (answer instanceof Promise) return answer.then((value) => changed(value, change))
  return answer === NO_RESPONSE || answer === CLOSE ? answer : change(answer)
}

/** Asks for the items that pass, and puts beside their answers what is said of those that do not. */
export function apart<T, S>(
  items: readonly T[],
  isAllowed: (item: T) => boolean,
  ask: (allowed: readonly T[]) => Answered<S>,
  join: (answer: S, denied: readonly T[]) => S,
): Answered<S> {
  const [allowed, denied] = split(items, isAllowed)
  return denied.length === 0 ? ask(items) : changed(ask(allowed), (answer) => join(answer, denied))
}
