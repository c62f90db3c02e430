import { messages } from '#libs/contracts'
import type { StreamKind } from '#libs/decider'
import type { Forwarder, Patience } from './forwarder.ts'
import { gather } from './gathered.ts'

/**
 * What travels and what is stored, each type with the version that is written; every earlier one is read. Which versions
 * there are in topics and tables is not told: that takes reading all of them.
 */
export const knownSchemas = async (forwarder: Forwarder, patience: Patience) => {
  const { answers, unreachable } = await gather<{ streams: StreamKind[] }>(
    forwarder,
    patience,
    () => '/internal/schemas',
  )
  const streams = answers.flatMap(({ service, answer }) => answer.streams.map((kind) => ({ service, ...kind })))
  return {
    messages: Object.entries(messages).map(([type, { topic, version }]) => ({ type, topic, version })),
    events: streams.flatMap(({ service, stream, events }) =>
      Object.entries(events).map(([type, version]) => ({ service, stream, type, version })),
    ),
    states: streams.flatMap(({ service, stream, state }) => (state ? [{ service, stream, ...state }] : [])),
    unreachable,
  }
}
