export {
  type AggregateType,
  announceAggregate,
  type Because,
  type Call,
  type Fact,
  type Reaction,
} from './aggregate.ts'
export { answerOnRecord, type RecordedRequest } from './answer-on-record.ts'
export { type AsOf, asOf, asOfQuery } from './as-of.ts'
export {
  type Closable,
  defineService,
  type Service,
  type ServiceConfig,
  type ServiceDefinition,
} from './define-service.ts'
export { GroupOffsetsController } from './group-offsets.controller.ts'
export { handle, type Question } from './handle.ts'
export { answerOnce, IdempotencyKey } from './idempotent-request.ts'
export { on, outcomesFor, react } from './on.ts'
export { onRecord } from './on-record.ts'
export { runService } from './run-service.ts'
