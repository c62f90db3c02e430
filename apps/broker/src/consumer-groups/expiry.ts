import type { ConsumerGroup, ConsumerMember } from './consumer-group.ts'

/** When the member is given up unless something is heard of it, or it does what it has to: of the steady clock. */
function deadlineOf({ lastSeen, classic, revokeBy, joinBy, syncBy }: ConsumerMember, sessionTimeoutMs: number): number {
  const sessionEnd = lastSeen + (classic?.sessionTimeoutMs ?? sessionTimeoutMs)
  return Math.min(sessionEnd, revokeBy ?? Infinity, joinBy ?? Infinity, syncBy ?? Infinity)
}

/** When somebody is given up next, or Infinity. */
export function nextDeadline({ members }: ConsumerGroup, sessionTimeoutMs: number): number {
  let next = Infinity
  for (const member of members.values()) next = Math.min(next, deadlineOf(member, sessionTimeoutMs))
  return next
}

/** The members whose time has come by `now`. */
export function expiredMembers({ members }: ConsumerGroup, now: number, sessionTimeoutMs: number): string[] {
  return [...members.values()]
    .filter((member) => deadlineOf(member, sessionTimeoutMs) <= now)
    .map(({ memberId }) => memberId)
}
