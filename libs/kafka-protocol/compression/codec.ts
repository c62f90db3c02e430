import * as zlib from 'node:zlib'
import { MalformedError } from '../reader.ts'
import { Compression } from '../record-batch.ts'
import { lz4Compress, lz4Decompress } from './lz4.ts'
import { snappyCompress, snappyDecompress } from './snappy.ts'

/**
 * The records of a batch behind its `compressionOf`. Throws MalformedError for what no consumer could decompress
 * either, and for more than `limit` bytes of output.
 */
export function decompress(codec: number, input: Buffer, limit: number): Buffer {
  try {
    switch (codec) {
      case Compression.none:
        return input
      case Compression.gzip:
        return zlib.gunzipSync(input, { maxOutputLength: limit })
      case Compression.snappy:
        return snappyDecompress(input, limit)
      case Compression.lz4:
        return lz4Decompress(input, limit)
      case Compression.zstd:
        return zlib.zstdDecompressSync(input, { maxOutputLength: limit })
    }
  } catch (error) {
    if (error instanceof MalformedError) throw error
    throw new MalformedError(`the records cannot be decompressed: ${error instanceof Error ? error.message : error}`)
  }
  throw new MalformedError(`unknown compression ${codec}`)
}

/** `level` is the codec's own; snappy and LZ4 have one only. */
export function compress(codec: number, input: Buffer, level?: number): Buffer {
  switch (codec) {
    case Compression.none:
      return input
    case Compression.gzip:
      return zlib.gzipSync(input, level === undefined ? {} : { level })
    case Compression.snappy:
      return snappyCompress(input)
    case Compression.lz4:
      return lz4Compress(input)
    case Compression.zstd:
      return zlib.zstdCompressSync(
        input,
        level === undefined ? {} : { params: { [zlib.constants.ZSTD_c_compressionLevel]: level } },
      )
  }
  throw new Error(`unknown compression ${codec}`)
}
