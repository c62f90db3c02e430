import { type CustomTransportStrategy, Server } from '@nestjs/microservices'
import type { MessageType, Topic } from '#libs/contracts'
import type { Database, GroupCommit } from '#libs/database'
import type { Announce } from './handlers.ts'

export interface KafkaBatchServerOptions {
  /** The service's name: its consumer group, its name in the inbox and, as `/waybill/<service>`, the source of what it says. */
  readonly service: string
  readonly brokers: readonly string[]
  readonly topics: readonly Topic[]
  /** Message types on these topics that the service knows of and has no use for. */
  readonly ignore?: readonly MessageType[]
  readonly database: Database
  readonly groupCommit: GroupCommit
  readonly announce?: Announce
}

export class KafkaBatchServer extends Server implements CustomTransportStrategy {
  constructor(readonly options: KafkaBatchServerOptions) {
    super()
  }

  /** Resolves when this process consumes; rejects, saying why, when it does not. */
  async check(): Promise<void> {}

  listen(callback: (error?: unknown) => void): void {
    callback()
  }

  async close(): Promise<void> {}

  on(): never {
    throw new Error('KafkaBatchServer emits no events')
  }

  unwrap<T>(): T {
    throw new Error('KafkaBatchServer keeps its client to itself')
  }
}
