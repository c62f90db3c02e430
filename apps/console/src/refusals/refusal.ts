import type { FastifyRequest } from 'fastify'
import { type ClientAddress, networkOf } from '../rate-limits/client-address.ts'

/** Something that somebody wanted to change and was not let. */
export interface Refusal {
  readonly actor: string
  /** The route, `POST /api/orders/:orderId/cancel`. */
  readonly action: string
  /** The address as it was asked for, without its query. */
  readonly target: string
  /** `403 not-allowed`. */
  readonly kind: string
  readonly detail: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** A trail is for good, so of strangers it keeps the network only: enough to see an attack, too little to name a person. */
const OF_STRANGERS = { v4: 24, v6: 48 }
const LONGEST_TARGET = 200
const LONGEST_DETAIL = 300

/** Of a request that was refused (`refuse`). Strangers choose its texts, so they are cut and kept to plain ASCII. */
export const refusalOf = (request: FastifyRequest, addressOf: ClientAddress, at: number): Refusal => {
  const { status, details, message } = request.refused!
  const path = request.url.split('?', 1)[0]!
  return {
    actor: actorOf(request, addressOf),
    action: `${request.method} ${request.routeOptions.url ?? 'nothing'}`,
    target: plain(path, LONGEST_TARGET),
    kind: `${status} ${details.type.replace(/^urn:waybill:problem:|^about:blank$/, '')}`.trim(),
    detail: plain(message, LONGEST_DETAIL),
    at,
  }
}

/** Named as the services name them. */
const actorOf = (request: FastifyRequest, addressOf: ClientAddress): string => {
  const { principal } = request
  if (principal === undefined) return `unknown:${networkOf(addressOf(request), OF_STRANGERS)}`
  const { subject, customerId, roles } = principal
  return roles.some((role) => role !== 'customer') ? `operator:${subject}` : `customer:${customerId ?? subject}`
}

const plain = (text: string, longest: number): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, longest)
