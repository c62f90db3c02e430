import { Pool } from 'undici'
import { z } from 'zod'
import { type Address, type DataOf, money, stockLine, uuidFrom } from '#libs/contracts'
import { exchange, jsonOf } from '#libs/http'
import type { Credentials } from '#libs/service-tokens'
import { type BookingAnswer, type CancellationAnswer, type CarrierAnswer } from './domain/carrier-answer.ts'
import { type TrackingAnswer, trackedStatuses } from './domain/decide.ts'
import { type InspectionAnswer, type ReturnReport, returnReports } from './domain/decide-return.ts'
import type { CarrierCalls } from './domain/reaction.ts'
import type { ReturnCalls } from './domain/return-reaction.ts'

/** Its body is not what the carrier promises, or its status says that nothing definite was decided. */
export class CarrierError extends Error {
  override readonly name = 'CarrierError'
}

/** The carrier is the one who must know where to. */
type InClear<Call> = Omit<Call, 'address'> & { readonly address: Address }

/** Of one call, beside what it asks for. */
export interface CallContext {
  readonly signal: AbortSignal
  /** The carrier gives it back with whatever it reports because of this call. */
  readonly traceparent?: string | undefined
}

type Body = Record<string, unknown>

export type QuoteAnswer =
  | { readonly outcome: 'done'; readonly quote: DataOf<'shipment.quoted'> }
  /** The carrier's considered "no". */
  | { readonly outcome: 'refused'; readonly code: string }

const quote = z.object({ cost: money, promisedOn: z.iso.date() })

/**
 * The carrier's API over kept-alive connections.
 *
 * The idempotency key names the order (or the return) and the operation, not the attempt: it is booked at most once, and whoever
 * asks again because an answer was lost gets the first answer, with the parcel in it.
 */
export class Carrier {
  readonly #pool: Pool
  readonly #callbackUrl: string

  /** `callbackUrl` is where the carrier reaches this service. */
  constructor(
    baseUrl: string,
    callbackUrl: string,
    connections: number,
    private readonly credentials: Credentials = () => ({}),
  ) {
    this.#pool = new Pool(new URL(baseUrl).origin, { connections, pipelining: 1 })
    this.#callbackUrl = new URL('/carrier-events', callbackUrl).href
  }

  async book({ orderId, address, lines }: InClear<CarrierCalls['book']>, context: CallContext): Promise<BookingAnswer> {
    const request = { orderId, address, lines, callbackUrl: this.#callbackUrl }
    return this.#book('/carrier/shipments', keyOf('book', orderId), context, request)
  }

  /** A label for a parcel that comes back. */
  issueLabel(call: InClear<ReturnCalls['return-label']>, context: CallContext): Promise<BookingAnswer> {
    const request = { ...call, callbackUrl: this.#callbackUrl }
    return this.#book('/carrier/returns', returnKeyOf('label', call.returnId), context, request)
  }

  async #book(path: string, key: string, context: CallContext, request: object): Promise<BookingAnswer> {
    const { status, body } = await this.#post(path, key, context, request)
    // The carrier's considered "no"; any other 422 is a fault in what we ask.
    if (status === 422 && body.code === 'impossible') return { outcome: 'refused', code: body.code }
    if (status !== 201) throw unusable(status, body)
    const parcel = { shipmentId: text(body, 'shipmentId'), trackingNumber: text(body, 'trackingNumber') }
    return { outcome: 'done', parcel }
  }

  cancel({ orderId, shipmentId }: CarrierCalls['cancel'], context: CallContext): Promise<CancellationAnswer> {
    return this.#cancel(shipmentId, keyOf('cancel', orderId), context)
  }

  cancelReturn(
    { returnId, shipmentId }: ReturnCalls['return-cancel'],
    context: CallContext,
  ): Promise<CancellationAnswer> {
    return this.#cancel(shipmentId, returnKeyOf('cancel', returnId), context)
  }

  async #cancel(shipmentId: string, key: string, context: CallContext): Promise<CancellationAnswer> {
    const path = `/carrier/shipments/${encodeURIComponent(shipmentId)}/cancellation`
    const { status, body } = await this.#post(path, key, context)
    // 409: the parcel has left.
    if (status === 409) return { outcome: 'refused', code: text(body, 'code') }
    if (status !== 200) throw unusable(status, body)
    return { outcome: 'done' }
  }

  track({ shipmentId }: CarrierCalls['track'], context: CallContext): Promise<TrackingAnswer> {
    return this.#track(shipmentId, trackedStatuses, context)
  }

  trackReturn(
    { shipmentId }: ReturnCalls['return-track'],
    context: CallContext,
  ): Promise<CarrierAnswer<{ readonly status: ReturnReport }>> {
    return this.#track(shipmentId, returnReports, context)
  }

  /** The carrier's return centre looks at what has arrived, once. */
  async inspect(
    { returnId, shipmentId }: ReturnCalls['return-inspect'],
    context: CallContext,
  ): Promise<InspectionAnswer> {
    const path = `/carrier/shipments/${encodeURIComponent(shipmentId)}/inspection`
    const { status, body } = await this.#post(path, returnKeyOf('inspect', returnId), context)
    const inspection = inspected.safeParse(body)
    if (status !== 200 || !inspection.success) throw unusable(status, body)
    return { outcome: 'done', ...inspection.data }
  }

  async #track<Status extends string>(
    shipmentId: string,
    statuses: readonly Status[],
    context: CallContext,
  ): Promise<CarrierAnswer<{ readonly status: Status }>> {
    const path = `/carrier/shipments/${encodeURIComponent(shipmentId)}`
    const answer = await exchange(this.#pool, {
      ...{ method: 'GET', path, signal: context.signal },
      headers: this.credentials({ method: 'GET', path }),
    })
    const body = jsonOf(answer.body)
    const status = statuses.find((known) => known === body.status)
    if (answer.status !== 200 || status === undefined) throw unusable(answer.status, body)
    return { outcome: 'done', status }
  }

  /** What a delivery costs and when it arrives; nothing is booked. */
  async quote(request: InClear<DataOf<'shipment.quote'>>, signal: AbortSignal): Promise<QuoteAnswer> {
    const { status, body } = await this.#send('/carrier/quotes', {}, { signal }, request)
    if (status === 422 && body.code === 'impossible') return { outcome: 'refused', code: body.code }
    const quoted = quote.safeParse(body)
    if (status !== 200 || !quoted.success) throw unusable(status, body)
    return { outcome: 'done', quote: quoted.data }
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }

  #post(
    path: string,
    key: string,
    context: CallContext,
    request: object = {},
  ): Promise<{ status: number; body: Body }> {
    return this.#send(path, { 'idempotency-key': key }, context, request)
  }

  async #send(
    path: string,
    headers: Readonly<Record<string, string>>,
    { signal, traceparent }: CallContext,
    request: object,
  ): Promise<{ status: number; body: Body }> {
    const { status, body } = await exchange(this.#pool, {
      method: 'POST',
      path,
      headers: {
        'content-type': 'application/json',
        ...(traceparent !== undefined && { traceparent }),
        ...headers,
        ...this.credentials({ method: 'POST', path }),
      },
      body: JSON.stringify(request),
      signal,
    })
    return { status, body: jsonOf(body) }
  }
}

const inspected = z.object({ accepted: z.array(stockLine), refused: z.array(stockLine) })

const keyOf = (operation: 'book' | 'cancel', orderId: string): string => uuidFrom(`shipment ${operation} ${orderId}`)
const returnKeyOf = (operation: 'label' | 'cancel' | 'inspect', returnId: string): string =>
  uuidFrom(`return ${operation} ${returnId}`)

const unusable = (status: number, body: Body): CarrierError =>
  new CarrierError(`the carrier answered ${status} ${String(body.code ?? body.detail ?? '')}`.trim())

const text = (body: Body, field: string): string => {
  const value = body[field]
  if (typeof value !== 'string') throw new CarrierError(`the carrier's answer has no ${field}`)
  return value
}
