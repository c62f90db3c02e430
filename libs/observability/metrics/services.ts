import { among, counterOf, gaugeOf, longTimesOf, sizesOf, timesOf } from './description.ts'
import { labels } from './labels.ts'

const { method, route, status, topic, partition, messageType, kind, queue, table, sagaType, sagaStep } = labels
const sagaState = among('running', 'compensating', 'needs_attention')
const parkStatus = among('retrying', 'queued', 'dead')

/** What the services measure. */
export const ofServices = {
  http: {
    requestDuration: timesOf('waybill_http_request_duration_seconds', 'From a request to the end of its answer', {
      ...{ method, route, status },
    }),
    refusedCallers: counterOf('waybill_http_refused_callers_total', 'Requests without a good service token', {
      reason: among('missing', 'forged', 'elsewhere', 'expired', 'other-request', 'replayed', 'crowded'),
    }),
  },
  messaging: {
    messages: counterOf('waybill_messaging_messages_total', 'Records by what became of them', {
      ...{ topic, type: messageType },
      result: among('handled', 'duplicate', 'ignored', 'queued', 'parked', 'dead'),
    }),
    handlerTime: counterOf('waybill_messaging_handler_seconds_total', 'Time that handlers took, without the commit', {
      type: messageType,
    }),
    batchSize: sizesOf('waybill_messaging_batch_size', 'Records of one partition in one transaction', { topic }),
    batchDuration: timesOf('waybill_messaging_batch_duration_seconds', 'From the arrival of a batch to its commit', {
      topic,
    }),
    lag: gaugeOf('waybill_messaging_lag_records', 'Between the last one handled and the end of the partition', {
      ...{ topic, partition },
    }),
    retries: counterOf('waybill_messaging_retries_total', 'Attempts to handle a parked message', {
      result: among('succeeded', 'failed', 'dead'),
    }),
    consumerRestarts: counterOf(
      'waybill_messaging_consumer_restarts_total',
      'Times that the consumer had to be started again',
    ),
    publishDuration: timesOf(
      'waybill_messaging_publish_duration_seconds',
      "From handing records to the client to the broker's acknowledgement",
    ),
    published: counterOf('waybill_messaging_published_total', 'Records acknowledged by the broker'),
  },
  parked: {
    messages: gaugeOf('waybill_parked_messages', 'Messages that wait to be handled again or for a person', {
      ...{ reason: labels.parkReason, status: parkStatus },
    }),
    oldestAge: gaugeOf('waybill_parked_oldest_age_seconds', 'Age of the one that has been parked longest', {
      reason: labels.parkReason,
    }),
  },
  database: {
    groupSize: sizesOf('waybill_database_group_size', 'Messages, commands and outcomes in one transaction'),
    groupSplits: counterOf(
      'waybill_database_group_splits_total',
      'Transactions of several that failed and were repeated one by one; should stand still',
    ),
    prunedRows: counterOf('waybill_database_pruned_rows_total', 'Rows removed because their time was over', { table }),
    poolWait: timesOf('waybill_database_pool_wait_seconds', 'What a transaction waited for a connection'),
    connections: gaugeOf('waybill_database_connections', 'Of the pool; waiting: whoever has none yet', {
      state: among('busy', 'idle', 'waiting'),
    }),
  },
  outbox: {
    relayDelay: timesOf(
      'waybill_outbox_relay_delay_seconds',
      "From the commit of a message to the broker's acknowledgement",
    ),
    backlog: gaugeOf('waybill_outbox_backlog_rows', 'Rows that wait to be published'),
    oldestAge: gaugeOf('waybill_outbox_oldest_age_seconds', 'Age of the oldest row that waits'),
  },
  effects: {
    attempts: counterOf('waybill_effects_attempts_total', 'Calls to the outside world by result', {
      kind,
      result: among('succeeded', 'failed', 'retried'),
    }),
    duration: timesOf('waybill_effects_duration_seconds', 'Of one call', { kind }),
    parked: counterOf('waybill_effects_parked_total', 'Outcomes that could not be recorded and were put aside', {
      kind,
      reason: among('refused', 'apply_failed'),
    }),
  },
  saga: {
    instances: gaugeOf('waybill_saga_instances', 'Sagas that have not ended', { type: sagaType, state: sagaState }),
    overdue: gaugeOf('waybill_saga_overdue_seconds', 'How long a deadline has passed without anybody acting on it', {
      type: sagaType,
    }),
    ended: counterOf('waybill_saga_ended_total', 'Sagas that came to their end', {
      type: sagaType,
      state: among('completed', 'compensated'),
    }),
    stepDuration: longTimesOf('waybill_saga_step_duration_seconds', 'From the command of a step to its outcome', {
      ...{ type: sagaType, step: sagaStep },
      outcome: among('succeeded', 'failed'),
    }),
  },
  queue: {
    works: counterOf('waybill_queue_works_total', 'Messages of queues by what became of them', {
      queue,
      result: among('done', 'delayed', 'dead', 'duplicate', 'given_back'),
    }),
    duration: timesOf('waybill_queue_work_duration_seconds', 'That a handler works on one message', { queue }),
    workers: gaugeOf('waybill_queue_workers', 'Messages that this process works on at a time', { queue }),
    depth: gaugeOf('waybill_queue_depth_records', 'Messages that wait, as of the last look', { queue }),
  },
  subscriptions: {
    attempts: counterOf('waybill_subscriptions_attempts_total', 'Attempts to deliver something to a subscriber', {
      to: among('webhook', 'email', 'queue'),
      result: among('delivered', 'asked', 'unanswered', 'failed', 'gone'),
    }),
  },
  requestReply: {
    asked: counterOf('waybill_request_reply_asked_total', 'Questions that this process asked', {
      type: labels.question,
      outcome: among('answered', 'failed', 'silent', 'refused'),
    }),
    duration: timesOf('waybill_request_reply_duration_seconds', 'From asking to the reply', { type: labels.question }),
    lateReplies: counterOf(
      'waybill_request_reply_late_replies_total',
      'Replies that nobody waited for any more, or that came twice',
    ),
    requests: counterOf('waybill_request_reply_requests_total', 'Questions to this service', {
      topic,
      result: among('answered', 'failed', 'expired', 'unreadable', 'unanswered'),
    }),
  },
  tracing: {
    spans: counterOf('waybill_tracing_spans_total', 'Spans by what became of them', {
      result: among('sent', 'dropped'),
    }),
  },
  streams: {
    restored: counterOf(
      'waybill_streams_restored_records_total',
      'Records of the changelog that the state of tasks was taken from: read when they were taken over, or by a copy before',
      { from: among('changelog', 'standby') },
    ),
  },
  projections: {
    lag: gaugeOf('waybill_projections_lag_records', 'Records not yet projected by the live feed', {
      projection: labels.projection,
    }),
  },
  system: {
    diskUsed: gaugeOf('waybill_disk_used_ratio', 'Of the disk under a data directory, from 0 to 1', {
      volume: labels.volume,
    }),
    certificateExpiry: gaugeOf(
      'waybill_certificate_expiry_timestamp_seconds',
      'When the certificate ends, in seconds since 1970',
      { certificate: labels.certificate },
    ),
  },
} as const

/** What the gateway finds out by asking: the same on any Kafka. */
export const ofConsole = {
  kafka: {
    groupLag: gaugeOf('waybill_kafka_group_lag_records', 'Records that the group has not committed yet', {
      group: labels.group,
    }),
    underReplicated: gaugeOf(
      'waybill_kafka_under_replicated_partitions',
      'Partitions of which not every replica is in sync',
    ),
    withoutLeader: gaugeOf('waybill_kafka_leaderless_partitions', 'Partitions that nobody leads'),
  },
  oracle: {
    violations: gaugeOf('waybill_oracle_violations', 'How often a promise was found broken by the last look', {
      check: among('ends', 'money', 'stock', 'effects', 'key-order'),
    }),
  },
} as const
