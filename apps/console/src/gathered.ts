import { type Forwarder, type Patience, refuseOverload } from './forwarder.ts'
import { consuming } from './services.ts'

type Consuming = (typeof consuming)[number]

/** What each service answered, and which could not be asked. */
export interface Gathered<T> {
  readonly answers: readonly { readonly service: Consuming; readonly answer: T }[]
  readonly unreachable: readonly Consuming[]
}

/** Asks services at once; one that does not answer costs its own part and its time once. */
export const gather = async <T>(
  forwarder: Forwarder,
  patience: Patience,
  pathOf: (service: Consuming) => string,
  services: readonly Consuming[] = consuming,
): Promise<Gathered<T>> => {
  const outcomes = await Promise.allSettled(
    services.map((service) => forwarder.get<T>(service, pathOf(service), patience)),
  )
  refuseOverload(outcomes)
  return {
    answers: outcomes.flatMap((outcome, i) =>
      outcome.status === 'fulfilled' ? [{ service: services[i]!, answer: outcome.value }] : [],
    ),
    unreachable: services.filter((_, i) => outcomes[i]!.status === 'rejected'),
  }
}

export const queryString = (query: Readonly<Record<string, string | number | undefined>>): string => {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value))
  return parameters.size === 0 ? '' : `?${parameters}`
}
