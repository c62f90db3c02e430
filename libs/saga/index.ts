export { DeadlineWorker, type DeadlineWorkerOptions, type WakeableSagas } from './deadline-worker.ts'
export {
  type Saga,
  type SagaCommand,
  type SagaDecider,
  type SagaKey,
  type SagaStatus,
  type StoredSaga,
  sagaStatuses,
} from './saga.ts'
export { type Operator, SagaRunner, type SagaRunnerOptions } from './saga-runner.ts'
export { Sagas } from './sagas.ts'
export { countSagas } from './sql/count-sagas.ts'
export { findSaga } from './sql/find-saga.ts'
export { listSagas, type SagaCursor } from './sql/list-sagas.ts'
export { openSagas } from './sql/open-sagas.ts'
export type { SagaFilter } from './sql/saga-filter.ts'
