import type { Reader } from './reader.ts'
import { type Codec, compactLength, int32Length, Type } from './types.ts'
import { Writer } from './writer.ts'

/**
 * Messages are declared as data, once for both directions and all versions, and compiled per version on first use.
 *
 *     { topic: until(12, string), topicId: since(13, uuid), partitions: array({ index: int32 }) }
 *
 * Decoding gives every field: one that a version lacks has its default. Encoding asks for the fields that all versions
 * carry and that have no default; what a version lacks is left out.
 */
export class Field<Out, In, Optional extends boolean> {
  readonly type: Type<Out, In>
  readonly first: number
  readonly last: number
  readonly fallback: Out
  readonly tag: number | undefined
  /** Exists for the type checker only. */
  declare readonly optional: Optional

  constructor(type: Type<Out, In>, first: number, last: number, fallback: Out, tag?: number) {
    this.type = type
    this.first = first
    this.last = last
    this.fallback = fallback
    this.tag = tag
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the fields of a message differ in type
type AnyType = Type<any, any>
// biome-ignore lint/suspicious/noExplicitAny: as above
type AnyField = Field<any, any, boolean>
export type Fields = Readonly<Record<string, AnyType | AnyField>>

type OutOf<F> = F extends Field<infer O, infer _I, infer _B> ? O : F extends Type<infer O, infer _I> ? O : never
type InOf<F> = F extends Field<infer _O, infer I, infer _B> ? I : F extends Type<infer _O, infer I> ? I : never
// biome-ignore lint/suspicious/noExplicitAny: as above
type OptionalKey<F> = { [K in keyof F]: F[K] extends Field<any, any, true> ? K : never }[keyof F]

/** What decoding a message gives. */
export type Decoded<F extends Fields> = { readonly [K in keyof F]: OutOf<F[K]> }
/** What encoding a message takes. */
export type Encodable<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalKey<F>>]: InOf<F[K]> } & {
  readonly [K in OptionalKey<F>]?: InOf<F[K]> | undefined
}

/** Carried from version `first` on. */
export function since<O, I>(first: number, type: Type<O, I>, fallback?: NoInfer<O>): Field<O, I, true> {
  return new Field(type, first, Infinity, fallback === undefined ? type.empty : fallback)
}

/** Carried up to version `last`. */
export function until<O, I>(last: number, type: Type<O, I>): Field<O, I, true> {
  return new Field(type, 0, last, type.empty)
}

/** Carried from version `first` to `last`. */
export function between<O, I>(first: number, last: number, type: Type<O, I>, fallback?: NoInfer<O>): Field<O, I, true> {
  return new Field(type, first, last, fallback === undefined ? type.empty : fallback)
}

/** Carried always; may be left out when encoding. */
export function or<O, I>(fallback: NoInfer<O>, type: Type<O, I>): Field<O, I, true> {
  return new Field(type, 0, Infinity, fallback)
}

/** Carried in the tag buffer from version `first` on, and only when it differs from the default. */
export function tagged<O, I>(tag: number, first: number, type: Type<O, I>): Field<O | undefined, I, true>
export function tagged<O, I>(tag: number, first: number, type: Type<O, I>, fallback: NoInfer<O>): Field<O, I, true>
export function tagged<O, I>(
  tag: number,
  first: number,
  type: Type<O, I>,
  fallback?: O,
): Field<O | undefined, I, true> {
  return new Field<O | undefined, I, true>(type, first, Infinity, fallback, tag)
}

export function array<F extends Fields>(fields: F): Type<readonly Decoded<F>[], readonly Encodable<F>[]>
export function array<O, I>(type: Type<O, I>): Type<readonly O[], readonly I[]>
export function array(element: AnyType | Fields): AnyType {
  const type = element instanceof Type ? element : struct(element)
  return new Type<readonly unknown[], readonly unknown[]>([], (version, flexible) => {
    const length = flexible ? compactLength : int32Length
    const codec: Codec<unknown, unknown> = type.at(version, flexible)
    return {
      read: (r) => {
        const count = r.count(length.read(r))
        const values: unknown[] = []
        for (let i = 0; i < count; i++) values.push(codec.read(r))
        return values
      },
      write: (w, values) => {
        length.write(w, values.length)
        for (const value of values) codec.write(w, value)
      },
    }
  })
}

export function struct<F extends Fields>(fields: F): Type<Decoded<F>, Encodable<F>> {
  const empty = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field instanceof Field ? field.fallback : field.empty]),
  )
  return new Type(empty as Decoded<F>, (version, flexible) => structCodec(fields, version, flexible))
}

/** A struct that may be null: preceded by a byte that is 1, or -1 for null. */
export function optional<F extends Fields>(fields: F): Type<Decoded<F> | null, Encodable<F> | null> {
  const type = struct(fields)
  return new Type<Decoded<F> | null, Encodable<F> | null>(null, (version, flexible) => {
    const codec = type.at(version, flexible)
    return {
      read: (r) => (r.int8() < 0 ? null : codec.read(r)),
      write: (w, value) => {
        w.int8(value === null ? -1 : 1)
        if (value !== null) codec.write(w, value)
      },
    }
  })
}

type Message = Record<string, unknown>
interface Slot {
  readonly name: string
  readonly codec: Codec<unknown, unknown>
  readonly fallback: unknown
}

function structCodec<F extends Fields>(fields: F, version: number, flexible: boolean): Codec<Decoded<F>, Encodable<F>> {
  const slots: Slot[] = []
  const tags: TagSlot[] = []
  const template: Message = {}
  for (const [name, declared] of Object.entries(fields)) {
    const field = declared instanceof Field ? declared : new Field(declared, 0, Infinity, declared.empty)
    template[name] = field.fallback
    if (version < field.first || version > field.last) continue
    const slot = { name, codec: field.type.at(version, flexible), fallback: field.fallback }
    if (field.tag === undefined) slots.push(slot)
    else tags.push({ ...slot, tag: field.tag })
  }
  tags.sort((a, b) => a.tag - b.tag)

  const read = (r: Reader): Message => {
    const message = { ...template }
    for (const slot of slots) message[slot.name] = slot.codec.read(r)
    if (flexible) readTags(r, tags, message)
    return message
  }
  const write = (w: Writer, message: Message): void => {
    for (const slot of slots) {
      const value = message[slot.name]
      slot.codec.write(w, value === undefined ? slot.fallback : value)
    }
    if (flexible) writeTags(w, tags, message)
  }
  return { read, write } as Codec<unknown, unknown> as Codec<Decoded<F>, Encodable<F>>
}

type TagSlot = Slot & { readonly tag: number }

function readTags(r: Reader, tags: readonly TagSlot[], message: Message): void {
  const count = r.count(r.uvarint())
  for (let i = 0; i < count; i++) {
    const tag = r.uvarint()
    const size = r.uvarint()
    const slot = tags.find((candidate) => candidate.tag === tag)
    const content = r.sub(size)
    if (slot !== undefined) message[slot.name] = slot.codec.read(content)
  }
}

function writeTags(w: Writer, tags: readonly TagSlot[], message: Message): void {
  const present = tags.filter((slot) => !isDefault(message[slot.name], slot.fallback))
  w.uvarint(present.length)
  for (const slot of present) {
    const content = new Writer()
    slot.codec.write(content, message[slot.name])
    w.uvarint(slot.tag)
    w.uvarint(content.length)
    for (const piece of content.buffers()) w.bytes(piece)
  }
}

function isDefault(value: unknown, fallback: unknown): boolean {
  if (value === undefined || value === fallback) return true
  return Array.isArray(value) && value.length === 0 && (fallback === undefined || Array.isArray(fallback))
}
