export {
  changeLevelOnSignal,
  configureLogging,
  createLogger,
  describeError,
  type Fields,
  hashCustomersWith,
  type LogFormat,
  type Logger,
  type LogLevel,
  logLevel,
  Outage,
  setLogLevel,
} from '#libs/logging'
export type { Dashboard } from './dashboards/dashboard.ts'
export { dashboards } from './dashboards/dashboards.ts'
export { fields } from './fields.ts'
export { describeMetrics } from './metrics/describe.ts'
export type { Metric, MetricType, Values } from './metrics/description.ts'
export { measureDisk } from './metrics/disk.ts'
export { counter, gauge, histogram, type Measured, observeProcess, registry } from './metrics/registry.ts'
export { metrics, metricTable } from './metrics/table.ts'
export { type Span, spanIdOf, spanTime, traceIdOf } from './tracing/span.ts'
export { configureTracing, continueTrace, expectSpan, flushSpans, recordSpan } from './tracing/tracing.ts'
