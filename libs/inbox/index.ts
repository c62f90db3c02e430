export { Inbox } from './inbox.ts'
export { pruneInbox } from './sql/prune-inbox.ts'
