export type { Answer } from './in-flight.ts'
export { type Question, Requester, type RequesterOptions } from './requester.ts'
export { type Replies, type Reply, Responder, type ResponderOptions } from './responder.ts'
