import { deleteGroups } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/** DeleteGroups: 0-2 */
export const handleDeleteGroups = defineHandler({
  api: deleteGroups,
  advertised: { min: 0, max: 2 },
  async handle(request, { broker }) {
    const results = []
    for (const groupId of request.groupsNames) {
      const isShared = broker.share.groups.find(groupId) !== undefined
      const { groups } = isShared ? broker.share : broker
      results.push({ groupId, errorCode: await groups.deleteGroup(groupId) })
    }
    return { results }
  },
})
