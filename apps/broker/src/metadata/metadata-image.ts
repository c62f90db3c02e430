import type { SettingScope } from '../config/live-settings.ts'
import type { SettingTexts } from '../config/settings.ts'
import type { TopicConfigs } from '../config/topic-config.ts'
import { QuotaTable } from '../quotas/quota-table.ts'
import type { ScramCredential, ScramMechanismId } from '../security/authentication/scram-credential.ts'
import { AclTable } from '../security/authorization/acl-table.ts'
import type { MetadataRecord, TopicRecord } from './metadata-records.ts'

/** What all records so far come to. */
export class MetadataImage {
  clusterId: string | undefined
  nextProducerId = 0
  /** The broker's settings that were changed while it ran. */
  readonly brokerConfigs: Record<SettingScope, SettingTexts> = { broker: {}, cluster: {} }
  /** Groups that have settings of their own. */
  readonly groupConfigs = new Map<string, TopicConfigs>()
  /** What is kept of each user that logs in by SCRAM, by mechanism. */
  readonly scramUsers = new Map<string, Partial<Record<ScramMechanismId, ScramCredential>>>()
  readonly acls = new AclTable()
  readonly quotas = new QuotaTable()
  private readonly byId = new Map<string, TopicRecord>()

  topics(): Iterable<TopicRecord> {
    return this.byId.values()
  }

  topic(topicId: string): TopicRecord | undefined {
    return this.byId.get(topicId)
  }

  apply(record: MetadataRecord): void {
    switch (record.type) {
      case 'ClusterCreated':
        this.clusterId = record.clusterId
        break
      case 'TopicCreated': {
        const { name, topicId, partitions, configs } = record
        this.byId.set(topicId, { name, topicId, partitions, configs })
        break
      }
      case 'PartitionsAdded':
        this.change(record.topicId, { partitions: record.partitions })
        break
      case 'TopicConfigured':
        this.change(record.topicId, { configs: record.configs })
        break
      case 'BrokerConfigured':
        this.brokerConfigs[record.scope] = record.configs
        break
      case 'GroupConfigured':
        if (Object.keys(record.configs).length > 0) this.groupConfigs.set(record.groupId, record.configs)
        else this.groupConfigs.delete(record.groupId)
        break
      case 'TopicDeleted':
        this.byId.delete(record.topicId)
        break
      case 'UserScramCredentialSet': {
        const { [record.mechanism]: _, ...others } = this.scramUsers.get(record.user) ?? {}
        const left = record.credential === null ? others : { ...others, [record.mechanism]: record.credential }
        if (Object.keys(left).length > 0) this.scramUsers.set(record.user, left)
        else this.scramUsers.delete(record.user)
        break
      }
      case 'AclsCreated':
        for (const acl of record.acls) this.acls.add(acl)
        break
      case 'AclsDeleted':
        for (const acl of record.acls) this.acls.delete(acl)
        break
      case 'ClientQuotasSet':
        for (const quota of record.quotas) this.quotas.set(quota)
        break
      case 'ProducerIdsReserved':
        this.nextProducerId = record.next
    }
  }

  /** The shortest sequence of records that gives this image. */
  *records(): Generator<MetadataRecord> {
    if (this.clusterId !== undefined) yield { type: 'ClusterCreated', clusterId: this.clusterId }
    if (this.nextProducerId > 0) yield { type: 'ProducerIdsReserved', next: this.nextProducerId }
    for (const scope of ['broker', 'cluster'] as const) {
      const configs = this.brokerConfigs[scope]
      if (Object.keys(configs).length > 0) yield { type: 'BrokerConfigured', scope, configs }
    }
    for (const [user, credentials] of this.scramUsers) {
      for (const [mechanism, credential] of Object.entries(credentials)) {
        yield { type: 'UserScramCredentialSet', user, mechanism: Number(mechanism) as ScramMechanismId, credential }
      }
    }
    for (const [groupId, configs] of this.groupConfigs) yield { type: 'GroupConfigured', groupId, configs }
    for (const topic of this.byId.values()) yield { type: 'TopicCreated', ...topic }
    if (this.acls.size > 0) yield { type: 'AclsCreated', acls: [...this.acls.all()] }
    if (this.quotas.size > 0) yield { type: 'ClientQuotasSet', quotas: [...this.quotas.all()] }
  }

  private change(topicId: string, change: Partial<TopicRecord>): void {
    const topic = this.byId.get(topicId)
    if (topic !== undefined) this.byId.set(topicId, { ...topic, ...change })
  }
}
