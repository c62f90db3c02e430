import type { Settings } from '../config/settings.ts'
import { type GroupConfigs, groupConfigValue } from '../share/group-config.ts'

/** What a consumer group obeys. */
export interface ConsumerGroupConfig {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly assignmentIntervalMs: number
}

/** The assignors that members may ask for, the default first. */
export const assignorNames = (broker: Settings): string[] => broker['group.consumer.assignors'].split(',')

/** The settings that a group obeys; `configs` must be free of problems. */
export function consumerGroupConfig(configs: GroupConfigs, broker: Settings): ConsumerGroupConfig {
  const value = (name: string) => groupConfigValue(name, configs, broker) as number
  return {
    sessionTimeoutMs: value('consumer.session.timeout.ms'),
    heartbeatIntervalMs: value('consumer.heartbeat.interval.ms'),
    assignmentIntervalMs: value('consumer.assignment.interval.ms'),
  }
}
