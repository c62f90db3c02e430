export type { Guarantee } from './guarantee.ts'
export { type Restored, StreamProcessor, type StreamProcessorOptions } from './stream-processor.ts'
export { type StateChange, StateLimitExceeded, type Task, type TaskChanges, type Topology } from './topology.ts'
