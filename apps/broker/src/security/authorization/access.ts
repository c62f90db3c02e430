import type { RequestContext } from '../../handler.ts'
import { type AclOperation, AclResource, CLUSTER_NAME, type ResourceName } from './acl.ts'
import type { Asker, Authorizer } from './authorizer.ts'

const HIGHEST_OPERATION = 31

/** What the sender of one request may do. */
export class Access {
  constructor(
    private readonly authorizer: Authorizer,
    readonly context: RequestContext,
    private readonly asker: Asker,
  ) {}

  /** Asked for because the client wants to do it: a denial is told to the audit. */
  may(operation: AclOperation, type: AclResource, name: string): boolean {
    const resource: ResourceName = { type, name }
    if (this.authorizer.may(this.asker, operation, resource)) return true
    this.authorizer.tellDenied(this.asker, operation, resource)
    return false
  }

  mayCluster(operation: AclOperation): boolean {
    return this.may(operation, AclResource.cluster, CLUSTER_NAME)
  }

  /** Asked for to find out what may be shown: nobody is told. */
  could(operation: AclOperation, type: AclResource, name: string): boolean {
    return this.authorizer.may(this.asker, operation, { type, name })
  }

  couldCluster(operation: AclOperation): boolean {
    return this.could(operation, AclResource.cluster, CLUSTER_NAME)
  }

  couldAnywhere(operation: AclOperation, type: AclResource): boolean {
    return this.authorizer.mayAnywhere(this.asker, operation, type)
  }

  /** Of these operations, as bits, those that are allowed. */
  operations(candidates: number, type: AclResource, name: string): number {
    let allowed = 0
    for (let code = 0; code < HIGHEST_OPERATION; code++) {
      const isCandidate = (candidates & (1 << code)) !== 0
      if (isCandidate && this.could(code as AclOperation, type, name)) allowed |= 1 << code
    }
    return allowed
  }
}
