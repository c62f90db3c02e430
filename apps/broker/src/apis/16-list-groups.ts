import { ErrorCode, listGroups } from '#libs/kafka-protocol'
import { stateOf as consumerState } from '../consumer-groups/consumer-group.ts'
import { defineHandler } from '../handler.ts'
import { stateOf as shareState } from '../share/share-group.ts'

/** ListGroups: 0-5 */
export const handleListGroups = defineHandler({
  api: listGroups,
  advertised: { min: 0, max: 5 },
  handle({ statesFilter, typesFilter }, { broker }) {
    const states = new Set(statesFilter.map((state) => state.toLowerCase()))
    const types = new Set(typesFilter.map((type) => type.toLowerCase()))
    const classic = Array.from(broker.groups.all(), ({ groupId, protocolType, state }) => ({
      ...{ groupId, protocolType: protocolType ?? '', groupState: state as string, groupType: 'classic' },
    }))
    const consumer = Array.from(broker.groups.consumer.all(), (group) => ({
      ...{ groupId: group.groupId, protocolType: 'consumer', groupState: consumerState(group), groupType: 'consumer' },
    }))
    const share = Array.from(broker.share.groups.all(), (group) => ({
      ...{ groupId: group.groupId, protocolType: 'share', groupState: shareState(group), groupType: 'share' },
    }))
    const groups = [...classic, ...consumer, ...share]
      .filter(({ groupState }) => states.size === 0 || states.has(groupState.toLowerCase()))
      .filter(({ groupType }) => types.size === 0 || types.has(groupType))
    return { errorCode: ErrorCode.NONE, groups }
  },
})
