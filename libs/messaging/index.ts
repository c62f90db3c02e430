export { askKafka } from './ask-kafka.ts'
export { ensureTopics } from './ensure-topics.ts'
export { type Assignment, GroupMembership, type MembershipOptions } from './group/group-membership.ts'
export { GroupReader, type GroupReaderOptions } from './group/group-reader.ts'
export { GroupConsumer } from './group-consumer.ts'
export { activeGroup, GroupOffsets, type OffsetReset, type ResetPlan, type ResetRefusal } from './group-offsets.ts'
export { type ConsumerGroupDescription, describeConsumerGroups } from './groups/consumer-groups.ts'
export type { GroupMember } from './groups/group-member.ts'
export { type ListedGroup, listGroups } from './groups/list-groups.ts'
export {
  endsOfTopics,
  type GroupPosition,
  type Positions,
  readPositions,
  resetPositions,
  type TopicPosition,
} from './groups/positions.ts'
export { describeShareGroups, type ShareGroupDescription } from './groups/share-groups.ts'
export {
  type Handled,
  type Handler,
  type HandlersOf,
  handlersFor,
  ignore,
  ignoreOthers,
  type MessageContext,
  type Position,
} from './handlers.ts'
export { type HistoryRecord, historyReader } from './history-reader.ts'
export type { IncomingRecord } from './incoming-record.ts'
export { KafkaBatchServer, type KafkaBatchServerOptions } from './kafka-batch-server.ts'
export { type KafkaOptions, kafkaClient, type Patience } from './kafka-client.ts'
export { type KafkaPublisher, kafkaPublisher, type OutgoingRecord } from './kafka-publisher.ts'
export { connectConsumers, messagingModule } from './messaging-module.ts'
export { attemptsIn, type FailedAttempt } from './parking/attempt-log.ts'
export { hasMaskedToken, maskTokens } from './parking/masked-token.ts'
export { MAX_REDRIVEN, ParkedCommands, type ParkedRefusal } from './parking/parked-commands.ts'
export { type ParkedFilter, parkedFilter } from './parking/parked-filter.ts'
export { parkingRetention } from './parking/retention.ts'
export { setAside, type UnusableInput } from './parking/set-aside.ts'
export { countParked } from './parking/sql/count-parked.ts'
export { findParked, type ParkedRecord } from './parking/sql/find-parked.ts'
export { listParked, type ParkedItem } from './parking/sql/list-parked.ts'
export { parkedByReason } from './parking/sql/parked-by-reason.ts'
export { findRedrive, type RedriveProgress } from './parking/sql/redrives.ts'
export type { RecordProcessor } from './partition-batches.ts'
export { partitionSizes } from './partition-sizes.ts'
export { Fenced, TryAgain } from './producer/errors.ts'
export { partitionOf } from './producer/partition-of.ts'
export { Producer, type ProducerOptions, type ProducerRecord } from './producer/producer.ts'
export { StreamProducer, type StreamProducerOptions } from './producer/stream-producer.ts'
export { enqueue, enqueueLater } from './queue/enqueue.ts'
export { type Backoff, type PoolScale, priorityQueues, type Queue, type QueueSettings, queue } from './queue/queue.ts'
export type { ShareObserver } from './queue/share/share-session.ts'
export {
  type DeadWork,
  type Done,
  done,
  type Ending,
  type Later,
  later,
  type QueueHandler,
  type WorkContext,
  type Worked,
  type WorkFunction,
} from './queue/work.ts'
export { WorkQueue, type WorkQueueOptions } from './queue/work-queue.ts'
export { type DeclaredQueue, type QueueState, WorkQueues, workedBy } from './queue/work-queues.ts'
export { Works } from './queue/works.ts'
export { PartitionFollower } from './reader/partition-follower.ts'
export type { TopicRecord } from './reader/records-in.ts'
export {
  EARLIEST,
  LATEST,
  type PartitionOffsets,
  type ReadPartition,
  type ReadPosition,
  TopicReader,
} from './reader/topic-reader.ts'
export {
  type AccessRule,
  OPERATIONS,
  type Operation,
  PATTERNS,
  RESOURCES,
  type Resource,
} from './security/access-rule.ts'
export { grantAccess, type UserAccess } from './security/grant-access.ts'
export { kafkaSecurity } from './security/kafka-security.ts'
export { rulesFor } from './security/rules-for.ts'
export { topicOffsets } from './topic-offsets.ts'
export {
  type GroupPositions,
  type TransactionalOptions,
  TransactionalProducer,
} from './transactions/transactional-producer.ts'
