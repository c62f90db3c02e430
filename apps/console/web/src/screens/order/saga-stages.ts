import type { Saga } from '../../server/types.ts'

export type Step = Saga['steps'][number]
export interface Stage {
  readonly steps: readonly { readonly name: string; readonly step: Step | undefined }[]
}

/** Steps of one stage run beside each other. */
const FORWARD = [['authorize-payment', 'reserve-stock'], ['capture-payment'], ['ship-order'], ['dispatch-stock']]
const UNDOING = new Set(['cancel-shipment', 'refund-payment', 'void-payment', 'release-stock'])

/**
 * The way of a saga as stages: what it has done, what it is at, and, while it runs, what is still to come. Steps that are
 * not known here come last, each as a stage of its own.
 */
export const stagesOf = ({ steps, state }: Pick<Saga, 'steps' | 'state'>): { forward: Stage[]; undoing: Stage[] } => {
  const byName = new Map(steps.map((step) => [step.name, step]))
  const isGoingOn = state === 'running'
  const forward = FORWARD.map((names) => ({ steps: names.map((name) => ({ name, step: byName.get(name) })) })).filter(
    ({ steps }) => isGoingOn || steps.some(({ step }) => step !== undefined),
  )
  const known = new Set(FORWARD.flat())
  const rest = steps.filter(({ name }) => !known.has(name))
  const alone = (step: Step): Stage => ({ steps: [{ name: step.name, step }] })
  return {
    forward: [...forward, ...rest.filter(({ name }) => !UNDOING.has(name)).map(alone)],
    undoing: rest.filter(({ name }) => UNDOING.has(name)).map(alone),
  }
}
