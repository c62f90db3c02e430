import { describe, expect, test } from 'vitest'
import { describeGroups, ErrorCode, listGroups } from '#libs/kafka-protocol'
import { committed, GroupMember, rebalancing, stableGroup, subscription, syncAll } from './group-member.ts'
import { kafkaUnderTest } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()
const { NONE, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID } = ErrorCode

const stateOf = async (groupId: string) => {
  const [group] = (await kafka.client.send(describeGroups, 5, { groups: [groupId] })).groups
  return group!.groupState
}
const eventually = (check: () => unknown) => expect.poll(check, { timeout: 20_000, interval: 20 })

describe('heartbeats', () => {
  test('[31] are welcome in Stable and in CompletingRebalance', async () => {
    const group = kafka.name('group')
    const member = await GroupMember.of(kafka, group)
    await member.enter()
    expect(await stateOf(group)).toBe('CompletingRebalance')
    expect(await member.heartbeat()).toBe(NONE)
    await syncAll([member])
    expect(await stateOf(group)).toBe('Stable')
    expect(await member.heartbeat()).toBe(NONE)
  })

  test('[31] say REBALANCE_IN_PROGRESS while members are gathered', async () => {
    const [member] = await stableGroup(kafka, 1)
    const other = await GroupMember.of(kafka, member!.groupId)
    await other.join()
    void other.join()
    await eventually(() => stateOf(member!.groupId)).toBe('PreparingRebalance')
    expect(await member!.heartbeat()).toBe(REBALANCE_IN_PROGRESS)
    await member!.join()
  })

  test('[31] of a member that is not in the group, or in another generation, are refused', async () => {
    const [member] = await stableGroup(kafka, 1)
    expect(await member!.heartbeat(member!.generation + 1)).toBe(ILLEGAL_GENERATION)
    const stranger = await GroupMember.of(kafka, member!.groupId)
    stranger.memberId = 'nobody'
    expect(await stranger.heartbeat(member!.generation)).toBe(UNKNOWN_MEMBER_ID)
    const unknown = await GroupMember.of(kafka, kafka.name('group'))
    unknown.memberId = 'nobody'
    expect(await unknown.heartbeat(1)).toBe(UNKNOWN_MEMBER_ID)
    await member!.leave()
    expect(await member!.heartbeat()).toBe(UNKNOWN_MEMBER_ID)
  })

  test('[31] that stop end the membership after the session timeout', async () => {
    const [silent] = await stableGroup(kafka, 1, { sessionTimeoutMs: 1000 })
    await eventually(() => stateOf(silent!.groupId)).toBe('Empty')
    expect(await silent!.heartbeat()).toBe(UNKNOWN_MEMBER_ID)
  })
})

describe('who may commit', () => {
  test('[32] a member in its generation', async () => {
    const topic = await kafka.topic()
    const [member] = await stableGroup(kafka, 1)
    expect(await member!.commit(topic.name, 5)).toBe(NONE)
    expect(await committed(kafka, member!.groupId, topic.name)).toMatchObject({ committedOffset: 5 })
    expect(await member!.commit(topic.name, 6, { generation: member!.generation + 1 })).toBe(ILLEGAL_GENERATION)
    const stranger = await GroupMember.of(kafka, member!.groupId)
    stranger.memberId = 'nobody'
    expect(await stranger.commit(topic.name, 6, { generation: member!.generation })).toBe(UNKNOWN_MEMBER_ID)
    expect(await committed(kafka, member!.groupId, topic.name)).toMatchObject({ committedOffset: 5 })
  })

  test('[32] not between joining and syncing, but while others still join', async () => {
    const topic = await kafka.topic()
    const group = kafka.name('group')
    const member = await GroupMember.of(kafka, group)
    await member.enter()
    expect(await member.commit(topic.name, 1)).toBe(REBALANCE_IN_PROGRESS)
    await syncAll([member])
    const other = await GroupMember.of(kafka, group)
    await other.join()
    void other.join()
    await rebalancing(member)
    expect(await member.commit(topic.name, 2)).toBe(NONE)
    await member.join()
  })

  test('[32] without a generation only while the group is empty', async () => {
    const topic = await kafka.topic()
    const [member] = await stableGroup(kafka, 1)
    const admin = await GroupMember.of(kafka, member!.groupId)
    expect(await admin.commit(topic.name, 7)).toBe(UNKNOWN_MEMBER_ID)
    await member!.leave()
    expect(await admin.commit(topic.name, 7)).toBe(NONE)
    expect(await committed(kafka, member!.groupId, topic.name)).toMatchObject({ committedOffset: 7 })
  })

  test('[32] with a generation, nobody in a group that does not exist', async () => {
    const topic = await kafka.topic()
    const nobody = await GroupMember.of(kafka, kafka.name('group'))
    nobody.memberId = 'nobody'
    expect(await nobody.commit(topic.name, 1, { generation: 3 })).toBe(ILLEGAL_GENERATION)
  })
})

describe('joining', () => {
  test('[33] without a member id: from version 4 on one is given, to join with', async () => {
    const member = await GroupMember.of(kafka, kafka.name('group'))
    const first = await member.join()
    expect(first.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED)
    expect(first.memberId).not.toBe('')
    expect(await member.join()).toMatchObject({ errorCode: NONE, generationId: 1, leader: first.memberId })
    const old = await GroupMember.of(kafka, kafka.name('group'))
    expect(await old.join({ version: 3 })).toMatchObject({ errorCode: NONE, generationId: 1 })
  })

  test('[33] with a member id that nobody gave', async () => {
    const member = await GroupMember.of(kafka, kafka.name('group'))
    expect((await member.join({ memberId: 'made-up' })).errorCode).toBe(UNKNOWN_MEMBER_ID)
  })

  test('[33] with a session timeout out of bounds', async () => {
    const brief = await GroupMember.of(kafka, kafka.name('group'), { sessionTimeoutMs: 500 })
    expect((await brief.join()).errorCode).toBe(ErrorCode.INVALID_SESSION_TIMEOUT)
    const endless = await GroupMember.of(kafka, kafka.name('group'), { sessionTimeoutMs: 1_800_001 })
    expect((await endless.join()).errorCode).toBe(ErrorCode.INVALID_SESSION_TIMEOUT)
  })

  test('[33] with no protocol in common, or of another type', async () => {
    const [member] = await stableGroup(kafka, 1)
    const { groupId } = member!
    const other = await GroupMember.of(kafka, groupId, { protocols: ['roundrobin'] })
    expect((await other.enter()).errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    const connector = await GroupMember.of(kafka, groupId, { protocolType: 'connect' })
    expect((await connector.enter()).errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    const none = await GroupMember.of(kafka, kafka.name('group'), { protocols: [] })
    expect((await none.enter()).errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  })

  test('[33] a group without a name', async () => {
    const member = await GroupMember.of(kafka, '')
    expect((await member.join()).errorCode).toBe(ErrorCode.INVALID_GROUP_ID)
  })

  test('the protocol is the one that most members like best', async () => {
    const group = kafka.name('group')
    const a = await GroupMember.of(kafka, group, { protocols: ['range', 'roundrobin'] })
    await a.enter()
    await syncAll([a])
    const b = await GroupMember.of(kafka, group, { protocols: ['roundrobin'] })
    const entering = b.enter()
    await rebalancing(a)
    expect(await a.join()).toMatchObject({ errorCode: NONE, protocolName: 'roundrobin' })
    expect(await entering).toMatchObject({ errorCode: NONE, protocolName: 'roundrobin' })
  })

  test('only the leader is told who is in the group, and with what metadata', async () => {
    const group = kafka.name('group')
    const leader = await GroupMember.of(kafka, group)
    await leader.enter()
    await syncAll([leader])
    const follower = await GroupMember.of(kafka, group)
    await follower.join()
    const following = follower.join({ metadata: 'of the follower' })
    await rebalancing(leader)
    const led = await leader.join({ metadata: 'of the leader' })
    const { members, ...joined } = await following
    expect(members).toEqual([])
    expect(joined).toMatchObject({ leader: leader.memberId, generationId: led.generationId })
    const known = led.members.map(({ memberId, metadata }) => [memberId, metadata])
    expect(known.sort()).toEqual(
      [
        [leader.memberId, subscription('of the leader')],
        [follower.memberId, subscription('of the follower')],
      ].sort(),
    )
  })
})

describe('the phases of a rebalance', () => {
  test('[34] gathering ends when every member has come', async () => {
    const members = await stableGroup(kafka, 3)
    expect(new Set(members.map(({ generation }) => generation))).toEqual(new Set([3]))
    expect(await stateOf(members[0]!.groupId)).toBe('Stable')
  })

  test('[34] or when the rebalance timeout is over: who has not come is out', async () => {
    const options = { rebalanceTimeoutMs: 1000, sessionTimeoutMs: 60_000 }
    const [late] = await stableGroup(kafka, 1, options)
    const other = await GroupMember.of(kafka, late!.groupId, options)
    expect(await other.enter()).toMatchObject({ errorCode: NONE, leader: other.memberId, generationId: 2 })
    expect(await late!.heartbeat()).toBe(UNKNOWN_MEMBER_ID)
  })

  test('[34] whoever joins and never syncs is out after the rebalance timeout too', async () => {
    const options = { rebalanceTimeoutMs: 1000, sessionTimeoutMs: 60_000 }
    const [leader] = await stableGroup(kafka, 1, options)
    const idle = await GroupMember.of(kafka, leader!.groupId, options)
    const entering = idle.enter()
    await rebalancing(leader!)
    await leader!.join()
    await entering
    await leader!.sync({ [leader!.memberId]: 'all', [idle.memberId]: 'none' })
    await rebalancing(leader!)
    expect(await idle.heartbeat()).toBe(UNKNOWN_MEMBER_ID)
    expect(await leader!.join()).toMatchObject({ errorCode: NONE, leader: leader!.memberId })
  })

  test('syncing waits for the leader, and gives everybody what the leader has given it', async () => {
    const group = kafka.name('group')
    const leader = await GroupMember.of(kafka, group)
    await leader.enter()
    await syncAll([leader])
    const follower = await GroupMember.of(kafka, group)
    const entering = follower.enter()
    await rebalancing(leader)
    await leader.join()
    await entering
    const waiting = follower.sync()
    const own = await leader.sync({ [leader.memberId]: 'left', [follower.memberId]: 'right' })
    expect(own.assignment.toString()).toBe('left')
    expect((await waiting).assignment.toString()).toBe('right')
    expect((await follower.sync()).assignment.toString()).toBe('right')
  })

  test('[34] a member that leaves makes the others gather again', async () => {
    const [leader, follower] = await stableGroup(kafka, 2)
    await follower!.leave()
    await rebalancing(leader!)
    expect(await leader!.join()).toMatchObject({ errorCode: NONE, generationId: 3 })
  })
})

describe('coming back', () => {
  test('[36] the leader that joins again in Stable makes everybody gather', async () => {
    const [leader, follower] = await stableGroup(kafka, 2)
    const rejoining = leader!.join()
    await rebalancing(follower!)
    await follower!.join()
    expect(await rejoining).toMatchObject({ errorCode: NONE, generationId: 3 })
  })

  test('[36] a follower with the same metadata is told the generation it is in, with another one it makes all gather', async () => {
    const [leader, follower] = await stableGroup(kafka, 2)
    expect(await follower!.join()).toMatchObject({ errorCode: NONE, generationId: 2 })
    expect(await leader!.heartbeat()).toBe(NONE)
    const changed = follower!.join({ metadata: 'changed' })
    await rebalancing(leader!)
    await leader!.join()
    expect(await changed).toMatchObject({ errorCode: NONE, generationId: 3 })
  })
})

describe('static members', () => {
  test('[35] are told apart by their instance: who comes back gets a new member id without a rebalance', async () => {
    const [leader, follower] = await stableGroup(kafka, 2, { instanceId: kafka.name('instance') })
    const instanceId = follower!.instanceId!
    const reborn = await GroupMember.of(kafka, leader!.groupId, { instanceId })
    const answer = await reborn.join()
    expect(answer).toMatchObject({ errorCode: NONE, generationId: 2 })
    expect(answer.memberId).not.toBe(follower!.memberId)
    expect((await reborn.sync()).assignment.toString()).toBe(follower!.memberId)
    expect(await leader!.heartbeat()).toBe(NONE)
  })

  test('[35] the one that was replaced is fenced, whatever it asks', async () => {
    const topic = await kafka.topic()
    const [leader, old] = await stableGroup(kafka, 2, { instanceId: kafka.name('instance') })
    const reborn = await GroupMember.of(kafka, leader!.groupId, { instanceId: old!.instanceId! })
    await reborn.join()
    expect(await old!.heartbeat()).toBe(FENCED_INSTANCE_ID)
    expect(await old!.commit(topic.name, 1)).toBe(FENCED_INSTANCE_ID)
    expect((await old!.sync()).errorCode).toBe(FENCED_INSTANCE_ID)
    expect((await old!.join()).errorCode).toBe(FENCED_INSTANCE_ID)
    expect((await old!.leave()).members[0]!.errorCode).toBe(FENCED_INSTANCE_ID)
  })

  test('[35] are missed only after their session, and leave by their instance id', async () => {
    const [leader, follower] = await stableGroup(kafka, 2, { instanceId: kafka.name('instance') })
    const { instanceId } = follower!
    const operator = await GroupMember.of(kafka, leader!.groupId, { instanceId: instanceId! })
    expect((await operator.leave()).members).toEqual([
      expect.objectContaining({ errorCode: NONE, groupInstanceId: instanceId }),
    ])
    await rebalancing(leader!)
    expect(await leader!.join()).toMatchObject({ errorCode: NONE, generationId: 3 })
  })

  test('[35] need no member id to join with', async () => {
    const member = await GroupMember.of(kafka, kafka.name('group'), { instanceId: 'one' })
    expect(await member.join()).toMatchObject({ errorCode: NONE, generationId: 1 })
  })
})

test('a group is listed and described with its state, its protocol and its members', async () => {
  const [leader, follower] = await stableGroup(kafka, 2)
  const { groupId } = leader!
  const listed = await kafka.client.send(listGroups, 5, { statesFilter: ['Stable'], typesFilter: [] })
  expect(listed.groups).toContainEqual({
    groupId,
    protocolType: 'consumer',
    groupState: 'Stable',
    groupType: 'classic',
  })
  const [described] = (await kafka.client.send(describeGroups, 5, { groups: [groupId] })).groups
  expect(described).toMatchObject({
    errorCode: NONE,
    groupState: 'Stable',
    protocolType: 'consumer',
    protocolData: 'range',
  })
  const members = described!.members.map(({ memberId, clientId, memberAssignment }) => [
    memberId,
    clientId,
    memberAssignment.toString(),
  ])
  expect(members.sort()).toEqual([leader!, follower!].map(({ memberId }) => [memberId, 'conformance', memberId]).sort())
})

test('a group that nobody knows is Dead up to version 5, and an error from 6 on', async () => {
  const groups = [kafka.name('group')]
  expect((await kafka.client.send(describeGroups, 5, { groups })).groups[0]).toMatchObject({
    errorCode: NONE,
    groupState: 'Dead',
  })
  const [unknown] = (await kafka.client.send(describeGroups, 6, { groups })).groups
  expect(unknown!.errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
})
