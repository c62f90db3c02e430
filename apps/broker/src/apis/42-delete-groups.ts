import { deleteGroups } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/** DeleteGroups: 0-2 */
export const handleDeleteGroups = defineHandler({
  api: deleteGroups,
  advertised: { min: 0, max: 2 },
  async handle(request, { broker }) {
    const results = []
    for (const groupId of request.groupsNames) {
      results.push({ groupId, errorCode: await broker.groups.deleteGroup(groupId) })
    }
    return { results }
  },
})
