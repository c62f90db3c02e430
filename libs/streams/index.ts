export { addCounts, type Counts, sumsOf } from './counts.ts'
export { ACCURACY, addBins, addValue, type Bins, quantile } from './dd-sketch.ts'
export { Distinct } from './distinct.ts'
export { type Fingerprint, fingerprint } from './fingerprint.ts'
export {
  addElement,
  decodeRegisters,
  encodeRegisters,
  estimate,
  mergeRegisters,
  type Registers,
  STANDARD_ERROR,
} from './hyper-log-log.ts'
export { type KeyedSession, type SessionOptions, Sessions } from './sessions.ts'
export { type Frequent, SpaceSaving } from './space-saving.ts'
export { type Completed, type StageEvent, Stages } from './stages.ts'
export { Table } from './table.ts'
export { advance, isClosed, NO_WATERMARK, Watermarks } from './watermark.ts'
export {
  HOUR,
  hopping,
  intoSession,
  MINUTE,
  SECOND,
  type Session,
  type SessionWindows,
  sessionWindows,
  startOf,
  tumbling,
  type Windows,
} from './windows.ts'
