export { askAgain, type Moment, overdueStep, proceed, startStep, succeed, tryAgain } from './moves.ts'
export { type Asked, notWaiting, type Operation, retryStep, type StepRefusal } from './operate.ts'
export { PERSISTENT, type StepPolicy } from './patience.ts'
export { evolveStep, mapSteps, type StepEvent, stepChangeOf, type Undoes } from './step-events.ts'
export { type StepHistory, stepsOf } from './step-history.ts'
export {
  dueTimes,
  hasPassed,
  hasStuckStep,
  isAbandoned,
  isAwaited,
  isOpen,
  type StepState,
  type StepStatus,
  type Steps,
  type Stepwise,
} from './step-state.ts'
export {
  evolveTracking,
  isOverdue,
  MAX_TRACKINGS,
  type Tracking,
  type TrackingEvent,
  trackAt,
  trackParcel,
} from './tracking.ts'
