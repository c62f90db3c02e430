export type { AnyEffect, AnyOutcome, Effect, EffectKinds, NewEffect, Outcome } from './effect.ts'
export { EffectWorker, type EffectWorkerOptions } from './effect-worker.ts'
export { Effects } from './effects.ts'
export type { RetryPolicy } from './retry.ts'
