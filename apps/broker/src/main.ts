import { enableCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'

// Compiled code is kept from start to start, in NODE_COMPILE_CACHE or else the directory for temporary files.
enableCompileCache()
// What arrives counts as memory outside of the heap, and beside a heap as small as this one a few megabytes of it were
// enough for V8 to collect everything, many times a second: docs/broker-performance.md.
setFlagsFromString('--heap-growing-percent=400')
// What is made is for this user only.
process.umask(0o077)
// Only now, so that both hold for all that is loaded.
await import('./run.ts')
