import { readSecrets } from '#libs/webhooks'

/** Token of what the carrier signs its reports with. */
export const CARRIER_SECRETS = Symbol('carrier secrets')
/** Nobody signs only where nobody else asks for a token either (`SERVICE_AUTH=off`). */
export type CarrierSecrets = readonly string[] | 'nobody signs'

/** @throws Error when there is no file and there must be one, or no secret in it. */
export const carrierSecrets = (file: string | undefined, auth: 'on' | 'off'): CarrierSecrets => {
  if (file !== undefined) return readSecrets(file)
  if (auth === 'off') return 'nobody signs'
  throw new Error('CARRIER_WEBHOOK_SECRET_FILE is required, unless SERVICE_AUTH is off')
}
