import type { Reader } from './reader.ts'
import { type Decoded, type Encodable, type Fields, struct } from './struct.ts'
import type { Codec } from './types.ts'
import type { Writer } from './writer.ts'

export interface VersionRange {
  readonly min: number
  readonly max: number
}

export interface ApiDeclaration<Q extends Fields, S extends Fields> {
  readonly key: number
  readonly name: string
  /** Versions that the schemas below describe. */
  readonly versions: VersionRange
  /** First version with compact lengths and tag buffers; Infinity when there is none. */
  readonly flexible: number
  readonly request: Q
  readonly response: S
}

/** One API of the protocol: both messages, both directions. */
export class Api<Q extends Fields = Fields, S extends Fields = Fields> {
  readonly key: number
  readonly name: string
  readonly versions: VersionRange
  /** A request in which every field has its default. */
  readonly emptyRequest: Decoded<Q>
  private readonly firstFlexible: number
  private readonly requests: (version: number) => Codec<Decoded<Q>, Encodable<Q>>
  private readonly responses: (version: number) => Codec<Decoded<S>, Encodable<S>>

  constructor(declaration: ApiDeclaration<Q, S>) {
    this.key = declaration.key
    this.name = declaration.name
    this.versions = declaration.versions
    this.firstFlexible = declaration.flexible
    const request = struct(declaration.request)
    const response = struct(declaration.response)
    this.emptyRequest = request.empty
    this.requests = compiled((version) => request.at(version, this.isFlexible(version)))
    this.responses = compiled((version) => response.at(version, this.isFlexible(version)))
  }

  isFlexible(version: number): boolean {
    return version >= this.firstFlexible
  }

  readRequest(reader: Reader, version: number): Decoded<Q> {
    return this.requests(version).read(reader)
  }

  writeRequest(writer: Writer, version: number, request: Encodable<Q>): void {
    this.requests(version).write(writer, request)
  }

  readResponse(reader: Reader, version: number): Decoded<S> {
    return this.responses(version).read(reader)
  }

  writeResponse(writer: Writer, version: number, response: Encodable<S>): void {
    this.responses(version).write(writer, response)
  }
}

export type RequestOf<A> = A extends Api<infer Q, infer _S> ? Decoded<Q> : never
export type ResponseOf<A> = A extends Api<infer _Q, infer S> ? Encodable<S> : never

export function defineApi<Q extends Fields, S extends Fields>(declaration: ApiDeclaration<Q, S>): Api<Q, S> {
  return new Api(declaration)
}

function compiled<T>(compile: (version: number) => T): (version: number) => T {
  const versions: (T | undefined)[] = []
  return (version) => {
    const known = versions[version]
    if (known !== undefined) return known
    const made = compile(version)
    versions[version] = made
    return made
  }
}
