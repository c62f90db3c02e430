export { type Credentials, credentials, type SignedRequest, TOKEN_LIFE_S } from './credentials.ts'
export { type Admission, Door, type RefusalReason, scrapeToken } from './door.ts'
export { ServiceKeys } from './service-keys.ts'
export type { Identity } from './service-token.ts'
