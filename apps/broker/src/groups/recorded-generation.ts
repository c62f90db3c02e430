import type { GroupRecord } from './records.ts'

type GenerationStarted = Extract<GroupRecord, { readonly type: 'GenerationStarted' }>
type AssignmentsMade = Extract<GroupRecord, { readonly type: 'AssignmentsMade' }>

/**
 * What the journal says of a group's members, which is not what the group is while it rebalances: who joins, leaves or
 * changes its subscription then becomes a fact with the next generation, and a rewritten journal must not know it
 * before. Else a member of an open join phase would be found in a stable group after a crash, with nothing to read.
 */
export interface RecordedGeneration {
  readonly started: GenerationStarted
  /** None until the leader has sent them. */
  readonly assigned: AssignmentsMade | undefined
}

/** The records of a generation stay two, however often its static members are replaced. */
export function recordGeneration(
  recorded: RecordedGeneration | undefined,
  record: GroupRecord,
): RecordedGeneration | undefined {
  switch (record.type) {
    case 'GenerationStarted':
      return { started: record, assigned: undefined }
    case 'AssignmentsMade':
      return recorded && { ...recorded, assigned: record }
    case 'StaticMemberReplaced':
      return (
        recorded && { started: startedWith(recorded.started, record), assigned: movedTo(recorded.assigned, record) }
      )
    case 'GroupDeleted':
      return undefined
    default:
      return recorded
  }
}

type Replacement = Extract<GroupRecord, { readonly type: 'StaticMemberReplaced' }>

function startedWith(started: GenerationStarted, { from, member }: Replacement): GenerationStarted {
  const members = started.members.map((known) => (known.memberId === from ? member : known))
  return { ...started, members, leader: started.leader === from ? member.memberId : started.leader }
}

function movedTo(assigned: AssignmentsMade | undefined, { from, member }: Replacement): AssignmentsMade | undefined {
  if (assigned === undefined || !(from in assigned.assignments)) return assigned
  const { [from]: assignment, ...others } = assigned.assignments
  return { ...assigned, assignments: { ...others, [member.memberId]: assignment! } }
}
