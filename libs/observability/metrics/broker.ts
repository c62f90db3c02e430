import { among, counterOf, gaugeOf, timesOf, upTo } from './description.ts'
import { labels } from './labels.ts'

const { brokerTopic: topic, brokerGroup: group, partition } = labels
const place = { topic, partition }
const inGroup = { group, topic }

/** What the bundled broker measures; Apache Kafka has metrics of its own (JMX). */
export const ofBroker = {
  broker: {
    connections: gaugeOf('broker_connections', 'Open client connections'),
    accepted: counterOf('broker_connections_accepted_total', 'Connections accepted'),
    refused: counterOf('broker_connections_refused_total', 'Connections refused by a limit'),
    authentications: counterOf('broker_authentications_total', 'Clients that tried to prove who they are by SASL', {
      listener: upTo(20, 'the name of a listener'),
      mechanism: among('PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'),
      result: among('succeeded', 'failed'),
    }),
    memoryUsed: gaugeOf('broker_memory_used_bytes', 'Held by requests and answers'),
    memoryLimit: gaugeOf('broker_memory_limit_bytes', 'Above which sockets are not read'),
    requestsUnderWay: gaugeOf('broker_requests_under_way', 'Requests read and not answered yet, waiting ones included'),
    requestTime: timesOf('broker_request_seconds', 'From reading a request to its answer, waiting included', {
      api: labels.brokerApi,
    }),
    fetchSessions: gaugeOf('broker_fetch_sessions', 'Incremental fetch sessions'),
    fetchSessionPartitions: gaugeOf('broker_fetch_session_partitions', 'Partitions in all fetch sessions'),
    fetchSessionEvictions: counterOf('broker_fetch_session_evictions_total', 'Fetch sessions evicted'),
    fsyncTime: timesOf('broker_fsync_seconds', 'To make written bytes durable'),
    storageErrors: counterOf('broker_storage_errors_total', 'Failed reads, writes and syncs'),
    leftOut: gaugeOf('broker_series_left_out', 'Series that this page leaves out, to stay of a bounded size'),
  },
  topics: {
    bytesIn: counterOf('broker_topic_bytes_in_total', 'Bytes appended', { topic }),
    recordsIn: counterOf('broker_topic_records_in_total', 'Records appended', { topic }),
    bytesOut: counterOf('broker_topic_bytes_out_total', 'Bytes fetched', { topic }),
    recordsOut: counterOf('broker_topic_records_out_total', 'Records fetched', { topic }),
    refused: counterOf('broker_topic_refused_total', 'Batches refused', { topic }),
    bytes: gaugeOf('broker_topic_bytes', 'Bytes in the log', { topic }),
    endOffset: gaugeOf('broker_topic_end_offset', 'Sum of the end offsets of all partitions', { topic }),
  },
  partitions: {
    startOffset: gaugeOf('broker_partition_start_offset', 'First offset in the log', place),
    endOffset: gaugeOf('broker_partition_end_offset', 'Offset of the next record', place),
    bytes: gaugeOf('broker_partition_bytes', 'Bytes in the log', place),
    segments: gaugeOf('broker_partition_segments', 'Files of the log', place),
    healthy: gaugeOf('broker_partition_healthy', '0 while writes are refused', place),
  },
  groups: {
    state: gaugeOf('broker_group_state', '1 for the state that the group is in', {
      group,
      state: upTo(10, "a state of Kafka's"),
    }),
    members: gaugeOf('broker_group_members', 'Members of the group', { group }),
    lag: gaugeOf('broker_group_lag', 'Records that the group has not committed yet', { group, ...place }),
  },
  shareGroups: {
    state: gaugeOf('broker_share_group_state', '1 for the state that the share group is in', {
      group,
      state: upTo(10, "a state of Kafka's"),
    }),
    members: gaugeOf('broker_share_group_members', 'Members of the share group', { group }),
    lag: gaugeOf('broker_share_lag', 'Records of the partition that the share group is not done with', {
      group,
      ...place,
    }),
    window: gaugeOf(
      'broker_share_window_records',
      'Offsets from the first that is not done with to the last that was acquired',
      { group, ...place },
    ),
    held: gaugeOf('broker_share_acquired_records', 'Records that members hold', { group, ...place }),
    acquired: counterOf('broker_share_acquired_total', 'Records acquired, by which of their deliveries it was', {
      ...inGroup,
      delivery: upTo(10, 'its number'),
    }),
    acknowledged: counterOf('broker_share_acknowledged_total', 'Records acknowledged, by how', {
      ...inGroup,
      type: among('gap', 'accept', 'release', 'reject', 'renew'),
    }),
    lockTimeouts: counterOf('broker_share_lock_timeouts_total', 'Records whose lock ran out', inGroup),
    deadLetters: counterOf('broker_share_dead_letters_total', 'Dead letters written', inGroup),
    deadLettersLost: counterOf(
      'broker_share_dead_letters_lost_total',
      'Records archived without the dead letter that they should have had',
      inGroup,
    ),
  },
  transactions: {
    byState: gaugeOf('broker_transactions', 'Transactional ids by their state; Ongoing ones are open', {
      state: among('Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort'),
    }),
    oldest: gaugeOf('broker_transaction_oldest_seconds', 'Age of the oldest open transaction'),
  },
} as const
