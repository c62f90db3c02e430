export { type Decider, fold, isRefusal, type Refusal, refuse, unreachable } from './decider.ts'
