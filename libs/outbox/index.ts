export { Outbox } from './outbox.ts'
export { OutboxRelay, type OutboxRelayOptions } from './outbox-relay.ts'
export type { Partitioner, Publisher } from './publisher.ts'
