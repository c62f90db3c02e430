export { Checkpoints } from './checkpoints.ts'
export { type Checkpoint, readCheckpoints } from './sql/read-checkpoints.ts'
