import type { DataOf, Message, PersonalAddress, ReplyType, RequestType, StockLine } from '#libs/contracts'
import { Problem } from '#libs/http'
import type { Answer, Question, Requester } from '#libs/request-reply'

export interface QuoteQuestion {
  readonly quoteId: string
  readonly lines: readonly StockLine[]
  readonly address: PersonalAddress
  readonly currency: string
  readonly traceparent: string
}

export interface QuoteReplies {
  readonly stock: DataOf<'stock.checked'>
  readonly shipping: DataOf<'shipment.quoted'>
}

/** Has a quote's parts told by who knows them, both at once. */
export class Quoting {
  constructor(
    private readonly requester: Pick<Requester, 'ask'>,
    /** How long anybody waits for them, milliseconds. */
    private readonly patienceMs: number,
  ) {}

  /** @throws Problem 504 naming who was silent, 503 who could not tell or that too many ask, 422 when it cannot be delivered. */
  async ask({ quoteId, lines, address, currency, traceparent }: QuoteQuestion): Promise<QuoteReplies> {
    const about = { subject: quoteId, traceparent, withinMs: this.patienceMs }
    const [stock, shipment] = await Promise.all([
      this.#ask({ ...about, type: 'stock.check', data: { lines: [...lines] } }),
      this.#ask({ ...about, type: 'shipment.quote', data: { address, lines: [...lines], currency } }),
    ])
    const answers = { inventory: stock, fulfillment: shipment }
    if (stock.outcome !== 'answered' || shipment.outcome !== 'answered') throw unanswered(answers, this.patienceMs)
    if (shipment.reply.type === 'shipment.not-quoted') throw notDelivered(shipment.reply.data.code)
    const shipping = shipment.reply.data
    if (shipping.cost.currency !== currency)
      throw unavailable(['fulfillment'], `the delivery was priced in ${shipping.cost.currency}, not in ${currency}`)
    return { stock: stock.reply.data, shipping }
  }

  #ask<T extends RequestType>(question: Question<T>): Promise<Answer<RepliesTo<T>>> {
    return this.requester.ask(question) as Promise<Answer<RepliesTo<T>>>
  }
}

/** As a union, so that the type of a reply tells what is in it. */
type RepliesTo<T extends RequestType> = { [R in ReplyType<T>]: Message<R> }[ReplyType<T>]

const unanswered = (answers: Readonly<Record<string, Answer<unknown>>>, patienceMs: number): Problem => {
  const those = (outcome: Answer<unknown>['outcome']) =>
    Object.keys(answers).filter((service) => answers[service]!.outcome === outcome)
  if (those('refused').length > 0)
    return new Problem(503, {
      type: 'overloaded',
      title: 'Too much at once',
      detail: 'too many quotes are being asked for; send this request again in a second',
    })
  const silent = those('silent')
  if (silent.length > 0)
    return new Problem(504, {
      type: 'timeout',
      detail: `${silent.join(' and ')} did not answer within ${patienceMs / 1_000} s; send the same request again`,
      extensions: { missing: silent },
    })
  const details = Object.entries(answers).flatMap(([service, answer]) =>
    answer.outcome === 'failed' ? [`${service}: ${answer.detail}`] : [],
  )
  return unavailable(those('failed'), details.join('; '))
}

const unavailable = (missing: readonly string[], detail: string): Problem =>
  new Problem(503, { type: 'unavailable', title: 'No quote right now', detail, extensions: { missing } })

const notDelivered = (code: string): Problem =>
  new Problem(422, {
    type: 'not-deliverable',
    title: 'Not deliverable',
    detail: 'the carrier does not deliver to this address',
    extensions: { code, errors: [{ pointer: '/shippingAddress', detail: 'the carrier does not deliver there' }] },
  })
