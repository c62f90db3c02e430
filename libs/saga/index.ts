export { DeadlineWorker, type DeadlineWorkerOptions } from './deadline-worker.ts'
export {
  type Saga,
  type SagaCommand,
  type SagaDecider,
  type SagaStatus,
  type StoredSaga,
  sagaStatuses,
  sagaStream,
} from './saga.ts'
export { SagaRunner, type Tell } from './saga-runner.ts'
export { Sagas } from './sagas.ts'
export { findSaga } from './sql/find-saga.ts'
export { listSagas, type SagaCursor } from './sql/list-sagas.ts'
