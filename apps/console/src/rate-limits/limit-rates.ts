import type { FastifyInstance } from 'fastify'
import { Problem } from '#libs/http'
import { refuse } from '../refusals/refuse.ts'
import { type ClientAddress, networkOf } from './client-address.ts'
import { type Policy, policies, policyOf, type Quotas } from './policies.ts'
import { type Quota, type Taken, TokenBuckets } from './token-buckets.ts'

/** Whoever has a v6 address has 2^64 of them. */
const ONE_CLIENT = { v4: 32, v6: 64 }

/** Those who are known and those who are not have tables of their own: strangers make nobody be forgotten. */
interface Buckets {
  readonly known: TokenBuckets
  readonly unknown: TokenBuckets
}

/**
 * Bounds how often one identity may ask: who is known by name, whatever address it asks from; who is not, or shows a token
 * that is refused, by address. Tells everybody what is left to them, and answers 429 to who has nothing left, in the fields
 * of draft-ietf-httpapi-ratelimit-headers-11.
 */
export const limitRates = (
  fastify: FastifyInstance,
  quotas: Quotas,
  addressOf: ClientAddress,
  now?: () => number,
): void => {
  const buckets = Object.fromEntries(
    policies.map((policy) => [policy, quotas[policy] && bucketsOf(quotas[policy], now)]),
  ) as Record<Policy, Buckets | undefined>
  fastify.addHook('onRequest', (request, reply, done) => {
    const policy = policyOf(request.method, request.url)
    const limited = policy && buckets[policy]
    if (limited === undefined) return done()
    const { principal } = request
    const taken =
      principal === undefined
        ? limited.unknown.take(networkOf(addressOf(request), ONE_CLIENT))
        : limited.known.take(principal.subject)
    const { quota } = limited.known
    reply.header('ratelimit-policy', `"${policy}";q=${quota.requests};w=${quota.seconds}`)
    reply.header('ratelimit', `"${policy}";r=${taken.remaining};t=${taken.nextInS}`)
    if (taken.isLetIn) return done()
    refuse(request, reply, quotaExceeded(policy!, quota, taken, principal === undefined))
  })
}

const bucketsOf = (quota: Quota, now?: () => number): Buckets => ({
  known: new TokenBuckets(quota, now),
  unknown: new TokenBuckets(quota, now),
})

const quotaExceeded = (policy: Policy, { requests, seconds }: Quota, { nextInS }: Taken, isUnknown: boolean) =>
  new Problem(429, {
    type: 'quota-exceeded',
    title: 'Quota exceeded',
    detail: `${requests} ${policy} in ${seconds} s is what ${isUnknown ? 'an address that shows no valid token or session' : 'one identity'} may ask for; ask again in ${nextInS} s`,
    extensions: { 'violated-policies': [policy] },
    headers: { 'retry-after': String(nextInS) },
  })
