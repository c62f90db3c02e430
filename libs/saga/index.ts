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
export { SagaRunner, type SagaRunnerOptions } from './saga-runner.ts'
export { Sagas } from './sagas.ts'
export { findSaga } from './sql/find-saga.ts'
export { listSagas, type SagaCursor } from './sql/list-sagas.ts'
