import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { GroupUnderTest, offsetsIn } from './group.fixture.ts'
import { evolveOffsets, NO_OFFSETS } from './group-offsets.ts'
import { decideOffsetExpiry } from './offsets.ts'

const expiredBefore = (time: number) => ({ committedAt: time, emptySince: time })

import type { GroupRecord } from './records.ts'

const state = (test: GroupUnderTest) => [test.group.state, test.group.generation, [...test.group.members.keys()]]

describe('joining', () => {
  test('the first member leads the first generation', () => {
    const given = new GroupUnderTest()
    const join = given.join()
    expect(given.joins.get(join)).toMatchObject({
      errorCode: ErrorCode.NONE,
      memberId: 'm1',
      leader: 'm1',
      generation: 1,
    })
    expect(state(given)).toEqual(['CompletingRebalance', 1, ['m1']])
  })

  test('a member that must bring an id holds its place with it, until its session would end', () => {
    const given = new GroupUnderTest()
    const join = given.join('', { requiresMemberId: true })
    expect(given.joins.get(join)).toMatchObject({ errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId: 'm1' })
    expect(given.group.members.size).toBe(0)
    given.pass(10_000)
    const late = given.join('m1')
    expect(given.joins.get(late)?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('a new group waits for more members, and no longer than it said', () => {
    const given = new GroupUnderTest(3000)
    const join = given.join()
    given.pass(2999)
    expect(given.joins.has(join)).toBe(false)
    given.pass(1)
    expect(given.joins.get(join)?.generation).toBe(1)
  })

  test('a newcomer makes everybody join again, and all are answered together', () => {
    const given = new GroupUnderTest()
    given.join()
    given.sync('m1', { m1: 'all' })
    const second = given.join()
    expect(state(given)).toEqual(['PreparingRebalance', 1, ['m1', 'm2']])
    expect(given.heartbeat('m1')).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    const first = given.join('m1')
    expect(given.joins.get(first)?.members).toHaveLength(2)
    expect(given.joins.get(second)).toMatchObject({ generation: 2, leader: 'm1', members: [] })
  })

  test('who does not come back in time is left behind', () => {
    const given = GroupUnderTest.stableWithTwo()
    const join = given.join('m1', { sessionTimeoutMs: 60_000 })
    given.heartbeat('m2')
    given.pass(9000)
    given.heartbeat('m2')
    given.pass(9000)
    given.heartbeat('m2')
    given.pass(9000)
    given.heartbeat('m2')
    expect(given.joins.has(join)).toBe(false)
    given.pass(3000)
    expect(given.joins.get(join)?.members.map(({ memberId }) => memberId)).toEqual(['m1'])
  })

  test('members without a protocol in common do not form a group', () => {
    const given = GroupUnderTest.stableWithTwo()
    const join = given.join('', { protocols: [{ name: 'other', metadata: Buffer.alloc(0) }] })
    expect(given.joins.get(join)?.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  })

  test('a follower that asks again changes nothing; a leader that asks again starts a rebalance', () => {
    const given = GroupUnderTest.stableWithTwo()
    const follower = given.join('m2')
    expect(given.joins.get(follower)).toMatchObject({ errorCode: ErrorCode.NONE, generation: 2 })
    expect(given.group.state).toBe('Stable')
    given.join('m1')
    expect(given.group.state).toBe('PreparingRebalance')
  })
})

describe('static members', () => {
  const stable = () => {
    const given = new GroupUnderTest()
    given.join('', { instanceId: 'a' })
    given.sync('m1', { m1: 'all' })
    return given
  }

  test('a restarted one takes its place over without a rebalance, and fences its predecessor', () => {
    const given = stable()
    const join = given.join('', { instanceId: 'a' })
    const expected = { errorCode: ErrorCode.NONE, memberId: 'm2', leader: 'm2', generation: 1, skipAssignment: true }
    expect(given.joins.get(join)).toMatchObject(expected)
    expect(given.group.state).toBe('Stable')
    expect(given.heartbeat('m1', 1, 'a')).toBe(ErrorCode.FENCED_INSTANCE_ID)
    const sync = given.sync('m2')
    expect(given.syncs.get(sync)?.assignment.toString()).toBe('all')
  })

  test('an older client that led is not told so, lest it assigns anew', () => {
    const given = stable()
    const join = given.join('', { instanceId: 'a', canSkipAssignment: false })
    expect(given.joins.get(join)).toMatchObject({ leader: 'm1', memberId: 'm2', members: [] })
  })

  test('a parked request of the predecessor is fenced at once, and so is whatever it sends later', () => {
    const given = GroupUnderTest.stableWithTwo()
    given.join('', { instanceId: 'a' })
    const parked = given.joins.size
    const successor = given.join('', { instanceId: 'a' })
    const answers = [...given.joins.values()].slice(parked)
    expect(answers).toMatchObject([{ errorCode: ErrorCode.FENCED_INSTANCE_ID, memberId: 'm4' }])
    expect(given.joins.has(successor)).toBe(false)
    const late = given.join('m4', { instanceId: 'a' })
    expect(given.joins.get(late)?.errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID)
  })

  test('one that was being replaced at a restart is assigned anew, as the leader has assigned to its predecessor', () => {
    const given = new GroupUnderTest()
    given.join()
    given.join('', { instanceId: 'a' })
    given.join('m1')
    given.join('', { instanceId: 'a' })
    given.restart()
    given.sync('m1', { m1: 'one', m2: 'two' })
    expect(given.group.state).toBe('Stable')
    const join = given.join('', { instanceId: 'a' })
    expect(given.heartbeat('m1')).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    given.join('m1')
    expect(given.joins.get(join)).toMatchObject({ errorCode: ErrorCode.NONE, memberId: 'm5', generation: 3 })
  })

  test('an administrator removes one by its name', () => {
    const given = stable()
    expect(given.leave('', 'a')).toBe(ErrorCode.NONE)
    expect(state(given)).toEqual(['Empty', 2, []])
  })
})

describe('syncing', () => {
  test('everybody gets what the leader gave', () => {
    const given = new GroupUnderTest()
    given.join()
    given.join()
    given.join('m1')
    const follower = given.sync('m2')
    expect(given.syncs.has(follower)).toBe(false)
    given.sync('m1', { m1: 'one', m2: 'two' })
    expect(given.syncs.get(follower)?.assignment.toString()).toBe('two')
  })

  test('members that never ask are expelled when the rebalance timeout is over', () => {
    const given = new GroupUnderTest()
    given.join('', { sessionTimeoutMs: 60_000 })
    given.join('', { sessionTimeoutMs: 60_000 })
    given.join('m1', { sessionTimeoutMs: 60_000 })
    given.sync('m1', { m1: 'one', m2: 'two' })
    given.pass(30_000)
    expect(state(given)).toEqual(['PreparingRebalance', 2, ['m1']])
  })

  test('another generation is refused', () => {
    const given = GroupUnderTest.stableWithTwo()
    const sync = given.sync('m1', {}, 1)
    expect(given.syncs.get(sync)?.errorCode).toBe(ErrorCode.ILLEGAL_GENERATION)
  })
})

describe('leaving and dying', () => {
  test('a silent member is taken for dead when its session ends', () => {
    const given = GroupUnderTest.stableWithTwo()
    given.pass(9999)
    given.heartbeat('m1')
    given.pass(1)
    expect(state(given)).toEqual(['PreparingRebalance', 2, ['m1']])
  })

  test('the last one to leave makes the group empty, one generation on', () => {
    const given = GroupUnderTest.stableWithTwo()
    given.leave('m1')
    given.leave('m2')
    expect(state(given)).toEqual(['Empty', 3, []])
    expect(given.heartbeat('m2')).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })
})

describe('offsets', () => {
  test('a member commits in its own generation, outside of the assignment phase', () => {
    const given = GroupUnderTest.stableWithTwo()
    expect(given.commit('m1', 2)).toBe(ErrorCode.NONE)
    expect(given.commit('m1', 1)).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(given.commit('m9', 2)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(given.commit('', -1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    given.join('m1')
    expect(given.commit('m2', 2)).toBe(ErrorCode.NONE)
    given.join('m2')
    expect(given.commit('m1', 3)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  test('anybody commits while the group is empty', () => {
    expect(new GroupUnderTest().commit('', -1)).toBe(ErrorCode.NONE)
  })

  test('they are kept from when the group became empty', () => {
    const given = GroupUnderTest.stableWithTwo()
    given.commit('m1', 2)
    given.now = 50_000
    given.leave('m1')
    given.leave('m2')
    expect(decideOffsetExpiry(given.group, given.offsets, expiredBefore(49_999))).toEqual([])
    const expired = decideOffsetExpiry(given.group, given.offsets, expiredBefore(50_000))
    expect(expired.reduce(evolveOffsets, given.offsets)).toEqual(NO_OFFSETS)
  })
})

test('a restart keeps members, generation, assignments and offsets', () => {
  const given = GroupUnderTest.stableWithTwo()
  given.commit('m1', 2, 42)
  given.restart()
  expect(state(given)).toEqual(['Stable', 2, ['m1', 'm2']])
  expect(given.heartbeat('m2')).toBe(ErrorCode.NONE)
  const sync = given.sync('m2')
  expect(given.syncs.get(sync)?.assignment.toString()).toBe('two')
  expect(given.offsets.committed.get('t')?.get(0)?.offset).toBe(42)
})

test('a journal of members and offsets in one is read as ever', () => {
  const entries = [
    '{"type":"GenerationStarted","groupId":"g","generation":3,"protocolType":"consumer","protocol":"range","leader":"a","members":[{"memberId":"a","instanceId":null,"clientId":"c","clientHost":"/h","sessionTimeoutMs":10000,"rebalanceTimeoutMs":30000,"protocols":[{"name":"range","metadata":"djE="}]}],"at":5}',
    '{"type":"OffsetsCommitted","groupId":"g","offsets":[{"topic":"t","partition":0,"offset":7,"leaderEpoch":0,"metadata":"m","committedAt":6}]}',
    '{"type":"AssignmentsMade","groupId":"g","assignments":{"a":"b25l"}}',
    '{"type":"OffsetsPending","groupId":"g","producerId":9,"offsets":[{"topic":"t","partition":0,"offset":8,"leaderEpoch":0,"metadata":"","committedAt":7}]}',
    '{"type":"TransactionEnded","groupId":"g","producerId":9,"commit":true}',
  ]
  const given = new GroupUnderTest()
  given.records.push(...entries.map((entry) => JSON.parse(entry) as GroupRecord))
  given.restart()
  expect(state(given)).toEqual(['Stable', 3, ['a']])
  expect(given.group.members.get('a')?.assignment.toString()).toBe('one')
  expect(given.offsets.committed.get('t')?.get(0)).toMatchObject({ offset: 8, committedAt: 7 })
  expect(given.offsets.pending.size).toBe(0)
})

describe('a rewritten journal', () => {
  test('says nothing of a join phase that is open: who was not told of a generation joins anew', () => {
    const given = new GroupUnderTest(3000)
    given.join('', { requiresMemberId: true })
    given.join('m1')
    expect(given.group.state).toBe('PreparingRebalance')
    given.restartFromSnapshot()
    expect(state(given)).toEqual(['Empty', 0, []])
    const join = given.join('m1')
    expect(given.joins.get(join)?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('keeps what the last generation was told, whoever has left or wants something else since', () => {
    const given = GroupUnderTest.stableWithTwo()
    given.leave('m2')
    given.join()
    given.restartFromSnapshot()
    expect(state(given)).toEqual(['Stable', 2, ['m1', 'm2']])
    const newcomer = given.join('m3')
    expect(given.joins.get(newcomer)?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    const sync = given.sync('m1')
    expect(given.syncs.get(sync)?.assignment.toString()).toBe('one')
  })
})

test('whatever happens: generations only grow, nobody waits forever, and what was answered survives a crash', () => {
  const member = fc.integer({ min: 1, max: 4 }).map((n) => `m${n}`)
  const action = fc.oneof(
    fc.constant((given: GroupUnderTest) => void given.join()),
    member.map((id) => (given: GroupUnderTest) => void given.join(id)),
    member.map((id) => (given: GroupUnderTest) => void given.join('', { instanceId: `i${id}` })),
    member.map((id) => (given: GroupUnderTest) => void given.sync(id, { [id]: 'x' })),
    member.map((id) => (given: GroupUnderTest) => void given.heartbeat(id)),
    member.map((id) => (given: GroupUnderTest) => void given.leave(id)),
    member.map((id) => (given: GroupUnderTest) => void given.commit(id, given.group.generation)),
    fc.integer({ min: 1, max: 20_000 }).map((ms) => (given: GroupUnderTest) => given.pass(ms)),
    fc.constant((given: GroupUnderTest) => given.restart()),
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const given = new GroupUnderTest()
      let generation = 0
      for (const act of actions) {
        act(given)
        expect(given.group.generation).toBeGreaterThanOrEqual(generation)
        generation = given.group.generation
        const { members, leader, state } = given.group
        if (state === 'Empty') expect(members.size).toBe(0)
        if (state === 'Stable' || state === 'CompletingRebalance') expect(members.has(leader!)).toBe(true)
        expect(given.restarted().generation).toBe(generation)
        expect(given.restartedOffsets()).toEqual(given.offsets)
        expect(offsetsIn(given.snapshot())).toEqual(given.offsets)
        expect(given.restartedFromSnapshot()).toEqual(given.restarted())
      }
      for (let i = 0; i < 8; i++) given.pass(40_000)
      expect(given.group.state).toBe('Empty')
      const parked = [...given.group.members.values()].filter((m) => m.joining !== undefined || m.syncing !== undefined)
      expect(parked).toEqual([])
    }),
    { numRuns: 300 },
  )
})

describe('offsets of a transaction', () => {
  const committedIn = (given: GroupUnderTest) => given.offsets.committed.get('t')?.get(0)?.offset

  test('count when it commits', () => {
    const given = new GroupUnderTest()
    expect(given.commit('', -1, 5, { producerId: 9 })).toBe(ErrorCode.NONE)
    expect(committedIn(given)).toBeUndefined()
    given.restart()
    given.endTransaction(9, true)
    expect(committedIn(given)).toBe(5)
    expect(given.offsets.pending.size).toBe(0)
  })

  test('are dropped when it aborts', () => {
    const given = new GroupUnderTest()
    given.commit('', -1, 1)
    given.commit('', -1, 5, { producerId: 9 })
    given.endTransaction(9, false)
    expect(committedIn(given)).toBe(1)
  })

  test('do not replace what was committed after they were sent', () => {
    const given = new GroupUnderTest()
    given.commit('', -1, 5, { producerId: 9 })
    given.pass(1)
    given.commit('', -1, 7)
    given.endTransaction(9, true)
    expect(committedIn(given)).toBe(7)
  })

  test('are deleted with the others, and kept while they are pending', () => {
    const given = new GroupUnderTest()
    given.commit('', -1, 1)
    given.commit('', -1, 5, { producerId: 9 })
    expect(decideOffsetExpiry(given.group, given.offsets, expiredBefore(999_990))).toEqual([])
    given.deleteOffsets()
    given.endTransaction(9, true)
    expect(committedIn(given)).toBeUndefined()
  })

  test('are accepted while the members rebalance, of the current generation alone', () => {
    const given = GroupUnderTest.stableWithTwo()
    given.join('m1')
    expect(given.commit('m2', 2, 5, { producerId: 9 })).toBe(ErrorCode.NONE)
    given.join('m2')
    expect(given.group.state).toBe('CompletingRebalance')
    expect(given.commit('m2', 3, 5, { producerId: 9 })).toBe(ErrorCode.NONE)
    expect(given.commit('m2', 2, 5, { producerId: 9 })).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(given.commit('m9', 3, 5, { producerId: 9 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    // Early versions of the protocol name nobody.
    expect(given.commit('', -1, 5, { producerId: 9 })).toBe(ErrorCode.NONE)
  })
})
