import type { Api, Fields, RequestOf, ResponseOf } from '#libs/kafka-protocol'
import { CLOSE, type Handler, NO_RESPONSE } from '../../handler.ts'
import type { Access } from './access.ts'
import { type AclOperation, AclResource } from './acl.ts'

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

/** For what is allowed as a whole or not at all. */
export const allOrNothing = <Q extends Fields, S extends Fields>(
  api: Api<Q, S>,
  requires: Guard['requires'],
  isAllowed: (access: Access, request: RequestOf<Api<Q, S>>) => boolean,
  refuse: (request: RequestOf<Api<Q, S>>, access: Access) => ResponseOf<Api<Q, S>>,
): Guard<Q, S> =>
  defineGuard({
    api,
    requires,
    handle: (request, access, next) => (isAllowed(access, request) ? next(request) : refuse(request, access)),
  })

/** For what is asked of one operation on the cluster. */
export const clusterWide = <Q extends Fields, S extends Fields>(
  api: Api<Q, S>,
  operation: AclOperation,
  refuse: (request: RequestOf<Api<Q, S>>) => ResponseOf<Api<Q, S>>,
): Guard<Q, S> =>
  allOrNothing(api, [[operation, AclResource.cluster]], (access) => access.mayCluster(operation), refuse)

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
