export { Inbox } from './inbox.ts'
export { inboxRetention } from './retention.ts'
export { claimedMessages } from './sql/claimed-messages.ts'
