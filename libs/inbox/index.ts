export { Inbox } from './inbox.ts'
export { inboxRetention } from './retention.ts'
