import { ErrorCode, listGroups } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/** ListGroups: 0-5 */
export const handleListGroups = defineHandler({
  api: listGroups,
  advertised: { min: 0, max: 5 },
  handle({ statesFilter, typesFilter }, { broker }) {
    const states = new Set(statesFilter.map((state) => state.toLowerCase()))
    const types = new Set(typesFilter.map((type) => type.toLowerCase()))
    const groups = Array.from(broker.groups.all())
      .filter((group) => states.size === 0 || states.has(group.state.toLowerCase()))
      .filter(() => types.size === 0 || types.has('classic'))
      .map(({ groupId, protocolType, state }) => ({
        groupId,
        protocolType: protocolType ?? '',
        groupState: state,
        groupType: 'classic',
      }))
    return { errorCode: ErrorCode.NONE, groups }
  },
})
