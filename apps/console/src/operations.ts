import { z } from 'zod'
import { Problem, parse } from '#libs/http'
import { type Forwarder, type Patience, WRITE } from './forwarder.ts'
import { parkedFilter } from './parked.ts'
import { consuming } from './services.ts'

const redriveRequest = z.strictObject({
  filter: parkedFilter.omit({ status: true }).default({}),
  reason: z.string().trim().min(1).max(1_000),
})

interface Started {
  readonly operationId: string
  readonly total: number
}

/**
 * Has every service that is meant begin the same redrive: they make the same operation of the same key. Whoever repeats
 * the request after a failure reaches those that have not begun, and changes nothing for the others.
 */
export const startRedrive = async (
  forwarder: Forwarder,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Started> => {
  const {
    filter: { service, ...filter },
    reason,
  } = parse(redriveRequest, body)
  const path = '/internal/parked/redrive'
  const request = { method: 'POST', path, headers, body: Buffer.from(JSON.stringify({ filter, reason })) }
  const services = service === undefined ? consuming : [service]
  const answers = await Promise.all(
    services.map(async (name) => {
      const { status, body } = await forwarder.forward(name, request, WRITE)
      const answer = JSON.parse(body.toString('utf8')) as Started & { detail?: string; title?: string; type?: string }
      if (status === 202) return answer
      throw new Problem(status, { ...answer, type: answer.type?.replace('urn:waybill:problem:', '') ?? 'refused' })
    }),
  )
  return { operationId: answers[0]!.operationId, total: answers.reduce((sum, { total }) => sum + total, 0) }
}

interface Part {
  readonly kind: string
  readonly state: 'running' | 'completed'
  readonly actor: string
  readonly reason: string
  readonly filter: object
  readonly createdAt: string
  readonly endedAt: string | null
  readonly total: number
  readonly waiting: number
  readonly running: number
  readonly handled: number
  readonly dead: number
}

const COUNTS = ['total', 'waiting', 'running', 'handled', 'dead'] as const

/** An operation over all services that take part in it, with the sum of how far they have come. */
export const findOperation = async (forwarder: Forwarder, patience: Patience, id: string) => {
  if (!z.uuid().safeParse(id).success) throw unknown(id)
  const outcomes = await Promise.allSettled(
    consuming.map((service) =>
      forwarder.forward(service, { method: 'GET', path: `/internal/parked/redrives/${id}`, headers: {} }, patience),
    ),
  )
  const parts: (Part & { service: string })[] = []
  const unreachable: string[] = []
  for (const [i, outcome] of outcomes.entries()) {
    const service = consuming[i]!
    if (outcome.status === 'rejected' || outcome.value.status >= 500) unreachable.push(service)
    else if (outcome.value.status === 200)
      parts.push({ service, ...(JSON.parse(outcome.value.body.toString('utf8')) as Part) })
  }
  const [first] = parts
  if (first === undefined) {
    if (unreachable.length === 0) throw unknown(id)
    throw new Problem(503, {
      type: 'unavailable',
      detail: `not found where it could be asked for`,
      extensions: { missing: unreachable },
    })
  }
  const { kind, actor, reason, createdAt } = first
  const sums = Object.fromEntries(COUNTS.map((name) => [name, parts.reduce((sum, part) => sum + part[name], 0)]))
  return {
    ...{ operationId: id, kind, actor, reason, createdAt },
    state: unreachable.length === 0 && parts.every(({ state }) => state === 'completed') ? 'completed' : 'running',
    ...sums,
    services: parts.map(({ service, state, total, waiting, running, handled, dead, endedAt }) => ({
      ...{ service, state, total, waiting, running, handled, dead, endedAt },
    })),
    unreachable,
  }
}

const unknown = (id: string): Problem =>
  new Problem(404, { type: 'unknown-operation', detail: `no operation ${id} is known` })
