/**
 * The name of everything that can be observed from outside: metrics here, log fields below. A dashboard or an alert
 * depends on these; nothing else in the code spells a metric's name.
 */
export const metrics = {
  http: {
    /** Histogram, seconds. Labels: method, route, status. */
    requestDuration: 'waybill_http_request_duration_seconds',
    /** Counter: requests of callers without a good service token. Labels: reason. */
    refusedCallers: 'waybill_http_refused_callers_total',
  },
  messaging: {
    /** Counter. Labels: topic, result (handled | duplicate | ignored | queued | parked | dead). */
    messages: 'waybill_messaging_messages_total',
    /** Histogram: messages of one partition in one transaction. Labels: topic. */
    batchSize: 'waybill_messaging_batch_size',
    /** Histogram, seconds from the arrival of a batch to its commit. Labels: topic. */
    batchDuration: 'waybill_messaging_batch_duration_seconds',
    /** Gauge: records between the last one handled and the end of the partition. Labels: topic, partition. */
    lag: 'waybill_messaging_lag_records',
    /** Counter. Labels: result (succeeded | failed | dead). */
    retries: 'waybill_messaging_retries_total',
    /** Counter: times the consumer had to be started again. */
    consumerRestarts: 'waybill_messaging_consumer_restarts_total',
    /** Histogram, seconds from handing records to the client to the broker's acknowledgement. */
    publishDuration: 'waybill_messaging_publish_duration_seconds',
    /** Counter. */
    published: 'waybill_messaging_published_total',
  },
  database: {
    /** Histogram: messages, commands and outcomes in one transaction. */
    groupSize: 'waybill_database_group_size',
    /** Counter: transactions of several that failed and were repeated one by one. Should stand still. */
    groupSplits: 'waybill_database_group_splits_total',
    /** Counter: rows removed because their time was over. Labels: table. */
    prunedRows: 'waybill_database_pruned_rows_total',
  },
  outbox: {
    /** Histogram, seconds from the commit of a message to the broker's acknowledgement. */
    relayDelay: 'waybill_outbox_relay_delay_seconds',
    /** Gauge: rows that wait to be published. */
    backlog: 'waybill_outbox_backlog_rows',
    /** Gauge: age in seconds of the oldest row that waits. */
    oldestAge: 'waybill_outbox_oldest_age_seconds',
  },
  effects: {
    /** Counter. Labels: kind, result (succeeded | failed | retried). */
    attempts: 'waybill_effects_attempts_total',
    /** Histogram, seconds of one outside call. Labels: kind. */
    duration: 'waybill_effects_duration_seconds',
    /** Counter: outcomes that could not be recorded and were put aside. Labels: kind, reason (refused | apply_failed). */
    parked: 'waybill_effects_parked_total',
  },
  queue: {
    /** Counter. Labels: queue, result (done | delayed | dead | duplicate | given_back). */
    works: 'waybill_queue_works_total',
    /** Histogram, seconds that a handler works on one message. Labels: queue. */
    duration: 'waybill_queue_work_duration_seconds',
    /** Gauge: messages that this process works on at a time. Labels: queue. */
    workers: 'waybill_queue_workers',
    /** Gauge: messages that wait, as of the last look. Labels: queue. */
    depth: 'waybill_queue_depth_records',
  },
  subscriptions: {
    /** Counter. Labels: to (webhook | email | queue), result (delivered | failed | gone). */
    attempts: 'waybill_subscriptions_attempts_total',
  },
  requestReply: {
    /** Counter: questions that this process asked. Labels: type, outcome (answered | failed | silent | refused). */
    asked: 'waybill_request_reply_asked_total',
    /** Histogram, seconds from asking to the reply. Labels: type. */
    duration: 'waybill_request_reply_duration_seconds',
    /** Counter: replies for this process that nobody waited for any more, or that came twice. */
    lateReplies: 'waybill_request_reply_late_replies_total',
    /** Counter: questions to this service. Labels: topic, result (answered | failed | expired | unreadable | unanswered). */
    requests: 'waybill_request_reply_requests_total',
  },
  tracing: {
    /** Counter. Labels: result (sent, dropped). */
    spans: 'waybill_tracing_spans_total',
  },
  projections: {
    /** Gauge: records not yet projected. Labels: projection. */
    lag: 'waybill_projections_lag_records',
  },
} as const

/** Field names of log entries that more than one part writes. */
export const fields = {
  error: 'error',
  topic: 'topic',
  partition: 'partition',
  offset: 'offset',
  key: 'key',
  messageId: 'messageId',
  messageType: 'messageType',
  correlationId: 'correlationId',
  causationId: 'causationId',
  orderId: 'orderId',
  traceparent: 'traceparent',
  attempts: 'attempts',
  count: 'count',
  durationMs: 'durationMs',
} as const
