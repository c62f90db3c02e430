export { readSecrets } from './secrets.ts'
export { freshSecret, signedHeaders } from './sign.ts'
export { type ReceivedWebhook, type Verdict, verifyWebhook } from './verify.ts'
