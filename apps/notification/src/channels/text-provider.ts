import { Pool } from 'undici'
import { exchange, jsonOf } from '#libs/http'
import type { Credentials } from '#libs/service-tokens'
import type { Channel } from '../domain/channels.ts'
import type { Dispatch, Provider, ProviderAnswer } from './provider.ts'
import { retryAfterMs } from './retry-after.ts'

/** It decided nothing, and may decide otherwise tomorrow. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
}

/** The request will not be understood any better the next time. */
const REFUSALS: ReadonlySet<number> = new Set([400, 402, 409, 413, 415, 422])
const UNREACHABLE = 'unknown_recipient'

/** The SMS gateway or the push service: HTTP, over kept-alive connections, with an idempotency key. */
export const textProvider = (
  channel: Exclude<Channel, 'email'>,
  baseUrl: string,
  connections: number,
  credentials: Credentials = () => ({}),
): Provider => {
  const target = { method: 'POST', path: `/${channel}` } as const
  const pool = new Pool(new URL(baseUrl).origin, { connections, pipelining: 1 })
  return {
    send: async ({ id, to, content: { title, text } }: Dispatch, signal): Promise<ProviderAnswer> => {
      const { status, headers, body } = await exchange(pool, {
        ...{ ...target, signal },
        headers: { 'content-type': 'application/json', 'idempotency-key': id, ...credentials(target) },
        body: JSON.stringify({ to, ...(title && { title }), text }),
      })
      if (status >= 200 && status < 300) return { kind: 'taken' }
      if (status === 429) return { kind: 'throttled', retryAfterMs: retryAfterMs(headers['retry-after'], Date.now()) }
      const { code, detail } = jsonOf(body)
      const reason = String(code ?? detail ?? `refused with ${status}`)
      if (REFUSALS.has(status)) return { kind: code === UNREACHABLE ? 'unreachable' : 'refused', reason }
      throw new ProviderError(`the ${channel} provider answered ${status} ${reason}`)
    },
    close: () => pool.destroy(),
  }
}
