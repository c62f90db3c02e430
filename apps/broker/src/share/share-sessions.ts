import { ErrorCode } from '#libs/kafka-protocol'
import type { TopicIdPartition } from './records.ts'

const FIRST_EPOCH = 0
const FINAL_EPOCH = -1
const MAX_EPOCH = 2 ** 31 - 1
/** Partitions in all sessions together; Kafka has no limit but its heap. */
const MAX_PARTITIONS = 200_000

/** What a member of a share group reads. The epoch counts its requests, so that both notice a lost one. */
export interface ShareSession {
  readonly groupId: string
  readonly memberId: string
  /** Of the next request. */
  readonly epoch: number
  readonly partitions: ReadonlyMap<string, TopicIdPartition>
  /** The connection that it was opened on does not end it any more. */
  readonly detach: () => void
}

/** What one request of a member asks of its session. */
export interface SessionRequest {
  readonly groupId: string
  readonly memberId: string
  readonly epoch: number
  readonly added: readonly TopicIdPartition[]
  readonly forgotten: readonly TopicIdPartition[]
}

export interface SessionError {
  readonly errorCode: ErrorCode
}

/** The share sessions of all members. A member has one; epoch 0 begins it anew, -1 ends it. */
export class ShareSessions {
  private readonly sessions = new Map<string, ShareSession>()
  private partitions = 0

  constructor(private readonly maxSessions: number) {}

  get size(): number {
    return this.sessions.size
  }

  isFinal({ epoch }: Pick<SessionRequest, 'epoch'>): boolean {
    return epoch === FINAL_EPOCH
  }

  isFirst({ epoch }: Pick<SessionRequest, 'epoch'>): boolean {
    return epoch === FIRST_EPOCH
  }

  /** `attach` binds a new session to its connection; returns how to undo that. */
  open(request: SessionRequest, attach: () => () => void): ShareSession | SessionError {
    if (!this.isFirst(request)) return this.next(request)
    const before = this.find(request)
    if (before !== undefined) this.remove(before)
    const partitions = new Map(request.added.map((at) => [keyOf(at), at]))
    if (this.sessions.size >= this.maxSessions || this.partitions + partitions.size > MAX_PARTITIONS) {
      return { errorCode: ErrorCode.SHARE_SESSION_LIMIT_REACHED }
    }
    const { groupId, memberId } = request
    return this.put({ groupId, memberId, epoch: FIRST_EPOCH + 1, partitions, detach: attach() })
  }

  /** The session after this request, or what is wrong with it. A final request leaves it as it is. */
  next(request: SessionRequest): ShareSession | SessionError {
    if (this.isFirst(request)) return { errorCode: ErrorCode.INVALID_SHARE_SESSION_EPOCH }
    const session = this.find(request)
    if (session === undefined) return { errorCode: ErrorCode.SHARE_SESSION_NOT_FOUND }
    if (this.isFinal(request)) return session
    if (session.epoch !== request.epoch) return { errorCode: ErrorCode.INVALID_SHARE_SESSION_EPOCH }
    const partitions = new Map(session.partitions)
    for (const at of request.added) partitions.set(keyOf(at), at)
    for (const at of request.forgotten) partitions.delete(keyOf(at))
    if (this.partitions - session.partitions.size + partitions.size > MAX_PARTITIONS) {
      return { errorCode: ErrorCode.SHARE_SESSION_LIMIT_REACHED }
    }
    return this.put({ ...session, partitions, epoch: session.epoch === MAX_EPOCH ? 1 : session.epoch + 1 })
  }

  find({ groupId, memberId }: Pick<ShareSession, 'groupId' | 'memberId'>): ShareSession | undefined {
    return this.sessions.get(JSON.stringify([groupId, memberId]))
  }

  /** False when there was none. */
  remove({ groupId, memberId }: Pick<ShareSession, 'groupId' | 'memberId'>): boolean {
    const session = this.find({ groupId, memberId })
    if (session === undefined) return false
    session.detach()
    this.partitions -= session.partitions.size
    return this.sessions.delete(JSON.stringify([groupId, memberId]))
  }

  private put(session: ShareSession): ShareSession {
    this.partitions += session.partitions.size - (this.find(session)?.partitions.size ?? 0)
    this.sessions.set(JSON.stringify([session.groupId, session.memberId]), session)
    return session
  }
}

const keyOf = ({ topicId, partition }: TopicIdPartition): string => `${topicId}:${partition}`
