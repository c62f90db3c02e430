import { describe, expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { decideHeartbeat, heartbeatProblem, type ShareHeartbeat } from './heartbeat.ts'
import {
  evolveShareGroup,
  newShareGroup,
  resumeShareGroup,
  type ShareGroup,
  snapshotOfShareGroup,
} from './share-group.ts'

const topics: Record<string, { topicId: string; partitions: number }> = {
  t: { topicId: 'T', partitions: 2 },
  u: { topicId: 'U', partitions: 1 },
}
const topicOf = (name: string) => topics[name]
const rules = { now: 1000, maxSize: 3, topicOf }
const heartbeat = (change: Partial<ShareHeartbeat>): ShareHeartbeat => ({
  ...{ memberId: 'a', memberEpoch: 0, rackId: null, clientId: 'c', clientHost: '/h', subscribedTopicNames: ['t'] },
  ...change,
})
const said = (group: ShareGroup | undefined, change: Partial<ShareHeartbeat> = {}) =>
  decideHeartbeat('g', group, heartbeat(change), rules)
const groupOf = (...memberIds: string[]) =>
  memberIds.reduce<ShareGroup | undefined>((group, memberId) => said(group, { memberId }).group, undefined)!

describe('a heartbeat', () => {
  test('with epoch 0 joins: the group is made, the member is written down and told what it reads', () => {
    const { group, records, answer } = said(undefined)
    expect(group).toMatchObject({ groupId: 'g', epoch: 1 })
    expect(records).toMatchObject([{ type: 'MemberPut', epoch: 1, member: { memberId: 'a', topics: ['t'] } }])
    expect(answer).toMatchObject({ memberEpoch: 1, assignment: [{ topicId: 'T', partitions: [0, 1] }] })
  })

  test('that says nothing new writes nothing, and is told nothing it knows', () => {
    const { records, answer } = said(groupOf('a'), { memberEpoch: 1, subscribedTopicNames: null })
    expect(records).toEqual([])
    expect(answer).toEqual({ errorCode: ErrorCode.NONE, memberEpoch: 1, assignment: null })
  })

  test('after another has joined brings the new epoch and assignment; the old epoch is welcome until it was heard', () => {
    const group = groupOf('a', 'b')
    const first = said(group, { memberEpoch: 1, subscribedTopicNames: null })
    expect(first.answer).toMatchObject({ memberEpoch: 2, assignment: [{ topicId: 'T', partitions: [0] }] })
    const again = said(first.group, { memberEpoch: 1, subscribedTopicNames: null })
    expect(again.answer).toMatchObject({ memberEpoch: 2 })
    expect(said(first.group, { memberEpoch: 3 }).answer).toMatchObject({ errorCode: ErrorCode.FENCED_MEMBER_EPOCH })
  })

  test('with other topics bumps the epoch', () => {
    const { group, answer } = said(groupOf('a'), { memberEpoch: 1, subscribedTopicNames: ['u', 't', 'u'] })
    expect(group!.members.get('a')!.topics).toEqual(['t', 'u'])
    expect(answer).toMatchObject({ memberEpoch: 2 })
  })

  test('with epoch -1 leaves', () => {
    const { group, records, answer } = said(groupOf('a', 'b'), { memberEpoch: -1, subscribedTopicNames: null })
    expect([...group!.members.keys()]).toEqual(['b'])
    expect(records).toEqual([{ type: 'MemberRemoved', groupId: 'g', epoch: 3, memberId: 'a' }])
    expect(answer).toMatchObject({ errorCode: ErrorCode.NONE, memberEpoch: -1 })
  })

  test('of strangers, and of one too many, is refused', () => {
    const full = groupOf('a', 'b', 'c')
    expect(said(undefined, { memberEpoch: 1 }).answer).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND })
    for (const memberEpoch of [1, -1]) {
      const { answer } = said(full, { memberId: 'x', memberEpoch })
      expect(answer).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
    }
    expect(said(full, { memberId: 'x' }).answer).toMatchObject({ errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED })
    expect(said(full, { memberId: 'c' }).answer).toMatchObject({ errorCode: ErrorCode.NONE })
  })

  test.each([
    [{ memberId: '' }, "MemberId can't be empty."],
    [{ rackId: '' }, "RackId can't be empty."],
    [{ memberEpoch: -2 }, 'MemberEpoch is invalid.'],
    [{ subscribedTopicNames: [] }, 'SubscribedTopicNames must be set in first request.'],
    [{ subscribedTopicNames: null }, 'SubscribedTopicNames must be set in first request.'],
  ])('that makes no sense is named: %j', (change, problem) => {
    expect(heartbeatProblem('g', heartbeat(change))).toBe(problem)
  })
})

test('a restart finds the same members, takes any epoch there was, and tells them everything', () => {
  const before = groupOf('a', 'b', 'c')
  const replayed = [...snapshotOfShareGroup(before)].reduce(
    (group, record) => evolveShareGroup(group, record, topicOf, 0),
    newShareGroup('g'),
  )
  const group = resumeShareGroup(replayed, topicOf, 0)
  expect(group.epoch).toBe(before.epoch)
  expect(group.assignments).toEqual(before.assignments)
  const { answer } = said(group, { memberEpoch: 2, subscribedTopicNames: null })
  expect(answer).toMatchObject({ memberEpoch: 3, assignment: [{ topicId: 'T', partitions: [0, 1] }] })
})
