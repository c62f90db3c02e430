import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Order } from './client.ts'

/** What of a span tells whether its trace is whole. */
export interface SeenSpan {
  readonly spanId: string
  /** None of the first span of a trace. */
  readonly parentSpanId?: string | null | undefined
  readonly name: string
}

interface Sent extends SeenSpan {
  readonly traceId: string
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[]
}
interface Body {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Sent[] }[] }[]
}

/** Keeps every span that it is sent over OTLP/HTTP, whatever becomes of the processes of Waybill. */
export class Collector {
  /** By trace, its spans by their ids. */
  readonly traces = new Map<string, Map<string, SeenSpan>>()
  /** Of an order, the traces that have to do with it. */
  readonly ofOrder = new Map<string, Set<string>>()
  readonly #server = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as Body
    for (const { scopeSpans } of resourceSpans)
      for (const { spans } of scopeSpans) for (const span of spans) this.#keep(span)
    response.end('{}')
  })

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #keep({ traceId, spanId, parentSpanId, name, attributes }: Sent): void {
    const trace = this.traces.get(traceId) ?? new Map<string, SeenSpan>()
    this.traces.set(traceId, trace)
    trace.set(spanId, { spanId, name, parentSpanId })
    const orderId = attributes.find(({ key }) => key === 'waybill.correlation_id')?.value.stringValue
    if (orderId === undefined) return
    const traces = this.ofOrder.get(orderId) ?? new Set<string>()
    this.ofOrder.set(orderId, traces.add(traceId))
  }
}

/** Spans that hang on one that is not there, in words. */
export const holesIn = (spans: readonly SeenSpan[]): string[] => {
  const known = new Set(spans.map(({ spanId }) => spanId))
  return spans
    .filter(({ parentSpanId }) => Boolean(parentSpanId) && !known.has(parentSpanId!))
    .map(({ name, parentSpanId }) => `${name} hangs on ${parentSpanId}, which is not there`)
}

/** What is not whole about the traces of an order that has ended: each fact about it was handled in a span, and no span hangs in the air. */
export const brokenTraces = ({ traces, ofOrder }: Collector, { orderId, timeline }: Order): string[] => {
  const spans = [...(ofOrder.get(orderId) ?? [])].map((traceId) => [...traces.get(traceId)!.values()])
  const names = new Set(spans.flat().map(({ name }) => name))
  const needed = ['POST /api/orders', ...timeline.map(({ type }) => `handle ${type}`)]
  const problems = [...spans.flatMap(holesIn), ...needed.filter((name) => !names.has(name)).map((name) => `no ${name}`)]
  return problems.map((problem) => `order ${orderId}: ${problem}`)
}
