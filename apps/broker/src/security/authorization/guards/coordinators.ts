import { ErrorCode, findCoordinator } from '#libs/kafka-protocol'
import type { Access } from '../access.ts'
import { AclOperation, AclResource } from '../acl.ts'
import { apart, defineGuard } from '../guard.ts'

const { describe } = AclOperation
const { group: GROUP, transactionalId: TRANSACTION, cluster: CLUSTER } = AclResource

/** By the type of the key: what it names, and what is said when that may not be described. */
const KEYS: Readonly<Record<number, { readonly resource: AclResource; readonly errorCode: ErrorCode }>> = {
  0: { resource: GROUP, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED },
  1: { resource: TRANSACTION, errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED },
}
/** Where the state of share groups is: for brokers among themselves. */
const SHARE = 2
const NO_NODE = { nodeId: -1, host: '', port: -1 }

export const guardFindCoordinator = defineGuard({
  api: findCoordinator,
  requires: [
    [
      [describe, GROUP],
      [describe, TRANSACTION],
      [AclOperation.clusterAction, CLUSTER],
    ],
  ],
  handle(request, access, next) {
    const refused = (errorCode: ErrorCode) => ({ ...NO_NODE, errorCode, errorMessage: null })
    const denied = errorFor(request.keyType)
    if (access.context.apiVersion < 4) {
      return mayKnow(access, request.keyType, request.key) ? next(request) : refused(denied)
    }
    return apart(
      request.coordinatorKeys,
      (key) => mayKnow(access, request.keyType, key),
      (coordinatorKeys) => next({ ...request, coordinatorKeys }),
      ({ coordinators }, keys) => ({
        coordinators: [...coordinators!, ...keys.map((key) => ({ key, ...refused(denied) }))],
      }),
    )
  },
})

const errorFor = (keyType: number): ErrorCode => KEYS[keyType]?.errorCode ?? ErrorCode.CLUSTER_AUTHORIZATION_FAILED

function mayKnow(access: Access, keyType: number, key: string): boolean {
  if (keyType === SHARE) return access.mayCluster(AclOperation.clusterAction)
  const known = KEYS[keyType]
  return known === undefined || access.may(describe, known.resource, key)
}
