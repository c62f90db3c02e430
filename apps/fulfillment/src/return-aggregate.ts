import type { AggregateType } from '#libs/service'
import { type ReturnInput, type ReturnRefusal, returnDecider } from './domain/decide-return.ts'
import type { ReturnEvent, ReturnParcel } from './domain/return-parcel.ts'
import { returnReaction } from './domain/return-reaction.ts'

export const returns: AggregateType<ReturnParcel, ReturnInput, ReturnEvent, ReturnRefusal> = {
  decider: returnDecider,
  stream: (returnId) => `return-${returnId}`,
  react: returnReaction,
}
