import { z } from 'zod'
import type { Quota } from './token-buckets.ts'

/** Requests that are counted together: what looks, what changes something, and what logs in. */
export const policies = ['reads', 'writes', 'logins'] as const
export type Policy = (typeof policies)[number]

/** Undefined: as many as there are. */
export type Quotas = Readonly<Record<Policy, Quota | undefined>>

const MOST = 1_000_000

const quota = z
  .union([z.literal('off'), z.string().regex(/^\d{1,7}\/\d{1,5}$/, 'requests/seconds, e.g. 600/60, or off')])
  .transform((text) => {
    if (text === 'off') return text
    const [requests, seconds] = text.split('/').map(Number)
    return { requests: requests!, seconds: seconds! }
  })
  .refine((set) => set === 'off' || (set.requests >= 1 && set.requests <= MOST && set.seconds >= 1), {
    error: `1 to ${MOST} requests in 1 second or more`,
  })
  .optional()

/** Spread into the gateway's environment. */
export const rateLimitSettings = {
  RATE_LIMIT_READS: quota,
  RATE_LIMIT_WRITES: quota,
  RATE_LIMIT_LOGINS: quota,
}

/**
 * Where people log in, a page of the console asks a few times a second, and a shop that places orders for all its customers is
 * one identity. Without a login there is this machine only: five times the orders that the bench places from one address, and
 * more reads than 2,000 connections ask for at once, so that nothing but a program that runs wild meets it.
 */
const defaults: Readonly<Record<'oidc' | 'off', Readonly<Record<Policy, Quota>>>> = {
  oidc: {
    reads: { requests: 3_000, seconds: 10 },
    writes: { requests: 1_000, seconds: 10 },
    logins: { requests: 300, seconds: 60 },
  },
  off: {
    reads: { requests: 100_000, seconds: 10 },
    writes: { requests: 20_000, seconds: 10 },
    logins: { requests: 3_000, seconds: 60 },
  },
}

interface Settings {
  readonly AUTH: 'off' | 'oidc'
  readonly RATE_LIMIT_READS?: Quota | 'off' | undefined
  readonly RATE_LIMIT_WRITES?: Quota | 'off' | undefined
  readonly RATE_LIMIT_LOGINS?: Quota | 'off' | undefined
}

export const quotasOf = (settings: Settings): Quotas => {
  const of = (policy: Policy, set: Quota | 'off' | undefined) =>
    set === 'off' ? undefined : (set ?? defaults[settings.AUTH][policy])
  return {
    reads: of('reads', settings.RATE_LIMIT_READS),
    writes: of('writes', settings.RATE_LIMIT_WRITES),
    logins: of('logins', settings.RATE_LIMIT_LOGINS),
  }
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])
/** What whoever checks tokens asks the issuer for is no login. */
const LOGIN = /^\/(auth\/|issuer\/(authorize|token))/

/** Undefined for what is not limited: files of the pages, which cost next to nothing, and who asks how this process is. */
export const policyOf = (method: string, path: string): Policy | undefined => {
  if (LOGIN.test(path)) return 'logins'
  if (!/^\/(api|issuer)\//.test(path)) return undefined
  return READS.has(method) ? 'reads' : 'writes'
}
