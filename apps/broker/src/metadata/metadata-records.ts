import { randomBytes } from 'node:crypto'
import type { SettingScope } from '../config/live-settings.ts'
import type { SettingTexts } from '../config/settings.ts'
import type { TopicConfigs } from '../config/topic-config.ts'
import type { ClientQuota } from '../quotas/client-quota.ts'
import type { ScramChange } from '../security/authentication/scram-control.ts'
import type { Acl } from '../security/authorization/acl.ts'

/** What the broker knows besides its logs and groups, as a sequence of facts in the journal `metadata`. */
export type MetadataRecord =
  | { readonly type: 'ClusterCreated'; readonly clusterId: string }
  | {
      readonly type: 'TopicCreated'
      readonly name: string
      /** Random; a topic created again under its old name has another, so clients drop what they knew of it. */
      readonly topicId: string
      readonly partitions: number
      readonly configs: TopicConfigs
    }
  | { readonly type: 'PartitionsAdded'; readonly topicId: string; readonly partitions: number }
  | { readonly type: 'TopicConfigured'; readonly topicId: string; readonly configs: TopicConfigs }
  /** Everything that is set for this scope, not only what has changed. */
  | { readonly type: 'BrokerConfigured'; readonly scope: SettingScope; readonly configs: SettingTexts }
  /** Everything that is set for this group, which need not exist. */
  | { readonly type: 'GroupConfigured'; readonly groupId: string; readonly configs: TopicConfigs }
  | { readonly type: 'TopicDeleted'; readonly topicId: string }
  /** What a user logs in with by SCRAM, or that there is nothing any more: keys, not passwords. */
  | ({ readonly type: 'UserScramCredentialSet' } & ScramChange)
  /** Access rules; to create one that is there, or delete one that is not, changes nothing. */
  | { readonly type: 'AclsCreated' | 'AclsDeleted'; readonly acls: readonly Acl[] }
  /** Everything that is set for these clients; nothing of it where `limits` has none. */
  | { readonly type: 'ClientQuotasSet'; readonly quotas: readonly ClientQuota[] }
  /** Ids below `next` may have been handed out. */
  | { readonly type: 'ProducerIdsReserved'; readonly next: number }

export interface TopicRecord {
  readonly name: string
  readonly topicId: string
  readonly partitions: number
  readonly configs: TopicConfigs
}

/** A version 4 UUID as 32 hexadecimal digits, the form topic ids have in this broker. */
export function newTopicId(): string {
  const bytes = randomBytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex')
}

/** 22 characters like Kafka's own. */
export const newClusterId = (): string => randomBytes(16).toString('base64url')
