import { setTimeout as delay } from 'node:timers/promises'
import { describeConfigs, ErrorCode, incrementalAlterConfigs } from '#libs/kafka-protocol'
import { createLogger, fields } from '#libs/observability'
import type { BrokerConnection } from '../../producer/broker-connection.ts'
import type { Cluster } from '../../producer/cluster.ts'
import { errorOf, TryAgain } from '../../producer/errors.ts'

/** What a share group is to obey. */
export interface GroupSettings {
  /** How long a member holds a record that it does not renew, milliseconds. */
  readonly lockMs: number
  /** How often a record is delivered before the broker gives it up. */
  readonly deliveryLimit: number
}

const GROUP = 32
const SET = 0
const DESCRIBE_VERSION = 4
const ALTER_VERSION = 1
const LOOKS = 20
const LOOK_MS = 100

const log = createLogger('share')

/**
 * Sees to it that the group has these settings, and begins a partition at its first record; answers how often it delivers
 * a record at most. A broker that allows only other locks or limits keeps its own, which is logged.
 */
export const settleGroup = async (cluster: Cluster, groupId: string, settings: GroupSettings): Promise<number> => {
  const connection = await cluster.anyConnection()
  const wanted = new Map([
    ['share.auto.offset.reset', 'earliest'],
    ['share.isolation.level', 'read_committed'],
    ['share.record.lock.duration.ms', String(settings.lockMs)],
    ['share.delivery.count.limit', String(settings.deliveryLimit)],
  ])
  const before = await groupConfigs(connection, groupId)
  for (const [name, value] of wanted)
    if (before.get(name) !== value && !(await isSet(connection, groupId, name, value))) wanted.delete(name)
  for (let look = 0; look < LOOKS; look++) {
    const now = await groupConfigs(connection, groupId)
    if ([...wanted].every(([name, value]) => now.get(name) === value))
      return Number(now.get('share.delivery.count.limit'))
    await delay(LOOK_MS)
  }
  throw new TryAgain(`the settings of share group ${groupId} are not there yet`)
}

/** False when the broker refuses the value, which is bearable. */
const isSet = async (connection: BrokerConnection, groupId: string, name: string, value: string): Promise<boolean> => {
  const configs = [{ name, value, configOperation: SET }]
  const resources = [{ resourceType: GROUP, resourceName: groupId, configs }]
  const answer = await connection.request(incrementalAlterConfigs, ALTER_VERSION, { resources, validateOnly: false })
  const { errorCode, errorMessage } = answer.responses[0]!
  if (errorCode === ErrorCode.NONE) return true
  const error = errorOf(errorCode, `${name} of share group ${groupId}`, errorMessage)
  if (error instanceof TryAgain || name === 'share.auto.offset.reset') throw error
  log.warn('the broker keeps its own setting of a share group', { setting: name, value, [fields.error]: error })
  return false
}

const groupConfigs = async (connection: BrokerConnection, groupId: string): Promise<Map<string, string | null>> => {
  const resources = [{ resourceType: GROUP, resourceName: groupId, configurationKeys: null }]
  const { results } = await connection.request(describeConfigs, DESCRIBE_VERSION, { resources })
  const [found] = results
  if (found!.errorCode !== ErrorCode.NONE)
    throw errorOf(found!.errorCode, `settings of share group ${groupId}`, found!.errorMessage)
  return new Map(found!.configs.map(({ name, value }) => [name, value]))
}
