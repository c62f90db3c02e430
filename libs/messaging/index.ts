export { ensureTopics } from './ensure-topics.ts'
export {
  type Handled,
  type Handler,
  type HandlersOf,
  handlersFor,
  ignore,
  type MessageContext,
  type Position,
} from './handlers.ts'
export { KafkaBatchServer, type KafkaBatchServerOptions } from './kafka-batch-server.ts'
export { type KafkaOptions, kafkaClient, type Patience } from './kafka-client.ts'
export { type KafkaPublisher, kafkaPublisher, type OutgoingRecord } from './kafka-publisher.ts'
export { connectConsumers, messagingModule } from './messaging-module.ts'
export { parkedPage } from './parking/parked.controller.ts'
