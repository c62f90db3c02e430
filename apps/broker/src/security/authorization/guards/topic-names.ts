import type { Access } from '../access.ts'
import { type AclOperation, AclResource } from '../acl.ts'

export interface NamedTopic {
  readonly name?: string | null | undefined
  readonly topicId?: string | undefined
}

/** What it is called; undefined where the id is nobody's. Ids are no secret: who asks by an unknown one is told so. */
export function nameOf({ context }: Access, { name, topicId }: NamedTopic, byId: boolean): string | undefined {
  return byId ? context.broker.readable.findById(topicId ?? '')?.name : (name ?? '')
}

export function mayTopic(access: Access, operation: AclOperation, topic: NamedTopic, byId = false): boolean {
  const name = nameOf(access, topic, byId)
  return name === undefined || access.may(operation, AclResource.topic, name)
}
