import type { ResetPlan } from '../../server/types.ts'

export type Target = 'earliest' | 'latest' | 'forgotten' | 'offset' | 'time'

/** A reset as somebody fills it in. */
export interface ResetForm {
  readonly topic: string
  /** Empty for all. */
  readonly partition: string
  readonly target: Target
  readonly offset: string
  /** As an input of date and time has it, in the reader's zone. */
  readonly time: string
}

/** Undefined while it is not filled in. */
export const requestOf = ({ topic, partition, target, offset, time }: ResetForm) => {
  const to =
    target === 'offset'
      ? /^\d{1,15}$/.test(offset) && { offset: Number(offset) }
      : target === 'time'
        ? !Number.isNaN(Date.parse(time)) && { at: new Date(time).toISOString() }
        : target
  if (topic === '' || to === false) return undefined
  return { topic, to, ...(partition !== '' && to !== 'forgotten' && { partitions: [Number(partition)] }) }
}

/** What one partition's reset means: records that come again, or are passed over. */
export const effectOf = ({ from, to, earliest }: ResetPlan['partitions'][number]): string => {
  if (to === null) return from === null ? 'nothing to forget' : 'begins anew, as the group is set'
  const before = from ?? earliest
  if (to === before) return 'stays where it is'
  const records = Math.abs(to - before).toLocaleString()
  return to < before ? `${records} come again` : `${records} are passed over`
}
