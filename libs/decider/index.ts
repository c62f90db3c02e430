export { type Decider, fold, isRefusal, type Refusal, refuse, unreachable } from './decider.ts'
export { type StreamKind, streamKind } from './stream-kind.ts'
export {
  type Evolution,
  foldStored,
  readableVersions,
  replay,
  type SnapshotPolicy,
  type StateVersions,
  type StoredVersion,
  todaysState,
  type Upcasters,
  versionOf,
} from './versions.ts'
