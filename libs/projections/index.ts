export { Checkpoints, type Place } from './checkpoints.ts'
export { type Checkpoint, readCheckpoints } from './sql/read-checkpoints.ts'
