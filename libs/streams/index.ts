export { addCounts, type Counts, count } from './operators/counts.ts'
export { ACCURACY, addBins, addValue, type Bins, quantile } from './operators/dd-sketch.ts'
export { Distinct } from './operators/distinct.ts'
export { type Fingerprint, fingerprint } from './operators/fingerprint.ts'
export {
  addElement,
  decodeRegisters,
  encodeRegisters,
  estimate,
  mergeRegisters,
  type Registers,
  STANDARD_ERROR,
} from './operators/hyper-log-log.ts'
export { type Frequent, SpaceSaving } from './operators/space-saving.ts'
export { type Completed, type StageEvent, Stages } from './operators/stages.ts'
export { Table } from './operators/table.ts'
export { advance, isClosed, NO_WATERMARK, Watermarks } from './operators/watermark.ts'
export {
  HOUR,
  intoSession,
  MINUTE,
  SECOND,
  type Session,
  sliding,
  startOf,
  tumbling,
  type Windows,
} from './operators/windows.ts'
