import { among, upTo } from './description.ts'

/** What the labels of our metrics say, and what bounds each. */
export const labels = {
  method: among('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'),
  route: upTo(200, 'the pattern of a route, e.g. /orders/:orderId; `none` where nothing is served'),
  status: upTo(40, 'the status of the answer'),
  topic: upTo(40, 'a topic of ours'),
  partition: upTo(64, 'its number'),
  messageType: upTo(120, 'a type of message that this service handles; `none` where it cannot be told'),
  group: upTo(101, 'a consumer group; the hundred that lag most, and `others`'),
  kind: upTo(20, 'a kind of call that this service makes'),
  queue: upTo(20, 'a queue of ours'),
  table: upTo(30, 'a table of this service'),
  projection: upTo(20, 'a projection'),
  sagaType: upTo(10, 'a type of saga'),
  sagaStep: upTo(40, 'a step of that saga'),
  question: upTo(20, 'a type of question'),
  // ParkReason of libs/messaging.
  parkReason: among(
    ...['missing_header', 'invalid_header', 'unknown_type', 'unknown_version', 'invalid_json', 'invalid_data'],
    ...['unreadable_batch', 'handler_failed', 'unprocessable', 'behind_parked'],
  ),
  volume: upTo(4, 'what lies on it: broker, archive'),
  certificate: upTo(20, 'what it is for'),
  // Made by whoever uses the broker; see the limits of its page.
  brokerTopic: upTo(1_000, 'a topic'),
  brokerGroup: upTo(1_000, 'a group'),
  brokerApi: upTo(100, 'an API of the protocol'),
} as const
