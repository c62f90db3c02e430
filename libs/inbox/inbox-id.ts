import { uuidFrom } from '#libs/contracts'

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/** What the inbox knows a message by: its id, or a UUID in its place where the sender's ids are something else. */
export const inboxId = (messageId: string): string =>
  UUID.test(messageId) ? messageId : uuidFrom(`message ${messageId}`)
