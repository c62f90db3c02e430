export {
  configureLogging,
  createLogger,
  describeError,
  type Fields,
  type LogFormat,
  type Logger,
  type LogLevel,
  Outage,
} from '#libs/logging'
export { counter, gauge, histogram, observeProcess, registry, SECONDS, SIZES } from './metrics.ts'
export { fields, metrics } from './names.ts'
export { type Span, spanIdOf, spanTime, traceIdOf } from './tracing/span.ts'
export { configureTracing, continueTrace, flushSpans, recordSpan } from './tracing/tracing.ts'
