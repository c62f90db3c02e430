export { Outbox } from './outbox.ts'
export { OutboxRelay, type OutboxRelayOptions, type Publisher } from './outbox-relay.ts'
