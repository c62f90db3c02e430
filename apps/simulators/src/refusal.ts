import { Problem } from '#libs/http'

/** A problem whose `code` a client can switch on. */
export const refusal = (status: number, code: string, detail: string, headers?: Record<string, string>): Problem =>
  new Problem(status, { type: code.replaceAll('_', '-'), detail, extensions: { code }, ...(headers && { headers }) })
