import { MalformedError, type Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** Reads and writes one value of one version. */
export interface Codec<Out, In> {
  read(reader: Reader): Out
  write(writer: Writer, value: In): void
}

/** A wire type; `empty` stands for it in versions that do not carry it. */
export class Type<Out, In = Out> {
  readonly empty: Out
  readonly at: (version: number, flexible: boolean) => Codec<Out, In>

  constructor(empty: Out, at: (version: number, flexible: boolean) => Codec<Out, In>) {
    this.empty = empty
    this.at = at
  }
}

const scalar = <T>(empty: T, codec: Codec<T, T>): Type<T> => new Type(empty, () => codec)

export const bool = scalar(false, { read: (r) => r.bool(), write: (w, v) => w.bool(v) })
export const int8 = scalar(0, { read: (r) => r.int8(), write: (w, v) => w.int8(v) })
export const int16 = scalar(0, { read: (r) => r.int16(), write: (w, v) => w.int16(v) })
export const uint16 = scalar(0, { read: (r) => r.uint16(), write: (w, v) => w.uint16(v) })
export const int32 = scalar(0, { read: (r) => r.int32(), write: (w, v) => w.int32(v) })
export const int64 = scalar(0, { read: (r) => r.int64(), write: (w, v) => w.int64(v) })
export const float64 = scalar(0, { read: (r) => r.float64(), write: (w, v) => w.float64(v) })
export const ZERO_UUID = '00000000000000000000000000000000'
export const uuid = scalar(ZERO_UUID, { read: (r) => r.uuid(), write: (w, v) => w.uuid(v) })

/** How a length is written: the compact form (flexible versions) is off by one so that 0 means null. */
export interface Length {
  read(reader: Reader): number
  write(writer: Writer, length: number): void
}
export const compactLength: Length = { read: (r) => r.uvarint() - 1, write: (w, n) => w.uvarint(n + 1) }
const int16Length: Length = { read: (r) => r.int16(), write: (w, n) => w.int16(n) }
export const int32Length: Length = { read: (r) => r.int32(), write: (w, n) => w.int32(n) }

const notNull = (length: number): number => {
  if (length < 0) throw new MalformedError('null where the protocol has no null')
  return length
}

const stringCodec = (length: Length): Codec<string, string> => ({
  read: (r) => r.string(notNull(length.read(r))),
  write: (w, v) => {
    const bytes = Buffer.byteLength(v)
    length.write(w, bytes)
    w.string(v, bytes)
  },
})
const compactString = stringCodec(compactLength)
const plainString = stringCodec(int16Length)
export const string = new Type('', (_version, flexible) => (flexible ? compactString : plainString))

const bytesCodec = (length: Length): Codec<Buffer, Buffer> => ({
  read: (r) => r.slice(notNull(length.read(r))),
  write: (w, v) => {
    length.write(w, v.length)
    w.bytes(v)
  },
})
const compactBytes = bytesCodec(compactLength)
const plainBytes = bytesCodec(int32Length)
const NO_BYTES = Buffer.alloc(0)
export const bytes = new Type(NO_BYTES, (_version, flexible) => (flexible ? compactBytes : plainBytes))

const recordsCodec = (length: Length): Codec<Buffer | null, readonly Buffer[] | null> => ({
  read: (r) => {
    const size = length.read(r)
    return size < 0 ? null : r.slice(size)
  },
  write: (w, batches) => {
    if (batches === null) return length.write(w, -1)
    let size = 0
    for (const batch of batches) size += batch.length
    length.write(w, size)
    for (const batch of batches) w.bytes(batch)
  },
})
const compactRecords = recordsCodec(compactLength)
const plainRecords = recordsCodec(int32Length)
/** Record batches: decoded as one view of the frame, encoded from a list that is passed through uncopied. */
export const records = new Type<Buffer | null, readonly Buffer[] | null>(null, (_version, flexible) =>
  flexible ? compactRecords : plainRecords,
)

/** Null is possible from version `first` on; before that, and in no other way, it is refused. */
export function nullable<O, I>(type: Type<O, I>, first = 0): Type<O | null, I | null> {
  return new Type<O | null, I | null>(null, (version, flexible) => {
    const codec = type.at(version, flexible)
    if (version < first) return codec as Codec<O | null, I | null>
    const length = nullableLength(type, flexible)
    return {
      // A length of -1 is null; otherwise the value is read from the same place, length included.
      read: (r) => (length.peekNull(r) ? null : codec.read(r)),
      write: (w, v) => (v === null ? length.writeNull(w) : codec.write(w, v)),
    }
  })
}

function nullableLength(type: unknown, flexible: boolean) {
  if (flexible) {
    return { peekNull: (r: Reader) => r.takeIf(1, 0), writeNull: (w: Writer) => w.uvarint(0) }
  }
  return type === string
    ? { peekNull: (r: Reader) => r.takeIf(2, -1), writeNull: (w: Writer) => w.int16(-1) }
    : { peekNull: (r: Reader) => r.takeIf(4, -1), writeNull: (w: Writer) => w.int32(-1) }
}
