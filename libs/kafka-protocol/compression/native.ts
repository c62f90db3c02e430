import { createRequire } from 'node:module'

/** Loaded when something is compressed with it for the first time: most brokers never see any. */
const require = createRequire(import.meta.url)

export const lz4 = (): typeof import('lz4-napi') => require('lz4-napi')

export const snappy = (): typeof import('snappy') => require('snappy')
