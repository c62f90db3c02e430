import { AwsClient } from 'aws4fetch'
import type { ArchiveStore } from './archive-store.ts'

export interface S3Options {
  /** `https://s3.eu-central-1.amazonaws.com`, or of another that speaks S3. Buckets are the first part of the path. */
  readonly endpoint: string
  readonly bucket: string
  /** In front of every name, without `/` at either end; may be empty. */
  readonly prefix: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const [EXISTS, CONFLICT, NOT_FOUND] = [412, 409, 404]
const PATIENCE_MS = 30_000
/** A list of a million names and more is of another archive. */
const MOST_PAGES = 1_000

/**
 * S3, signed by version 4. A file is created by a PUT with `If-None-Match: *`, which the store must know (Amazon does, and
 * MinIO, R2, Ceph): that is what makes each file one.
 */
export class S3Store implements ArchiveStore {
  readonly #client: AwsClient
  readonly place: string

  constructor(private readonly options: S3Options) {
    const { region, accessKeyId, secretAccessKey, bucket, prefix } = options
    this.#client = new AwsClient({ service: 's3', region, accessKeyId, secretAccessKey, retries: 4 })
    this.place = `s3://${bucket}/${prefix}`
  }

  async create(name: string, bytes: Uint8Array): Promise<boolean> {
    const headers = { 'if-none-match': '*', 'content-type': 'application/vnd.apache.parquet' }
    for (let tries = 0; ; tries++) {
      const { status } = await this.#ask('PUT', this.#path(name), { headers, body: bytes, allowed: [EXISTS, CONFLICT] })
      // Somebody else is at it: one of both will have made it.
      if (status === CONFLICT && tries < 5) continue
      return status !== EXISTS && status !== CONFLICT
    }
  }

  async read(name: string): Promise<Buffer> {
    const answer = await this.#ask('GET', this.#path(name))
    return Buffer.from(await answer.arrayBuffer())
  }

  async list(prefix: string): Promise<string[]> {
    const names: string[] = []
    const { bucket } = this.options
    const before = this.#name('')
    let token: string | undefined
    for (let page = 0; page < MOST_PAGES; page++) {
      const query = new URLSearchParams({ 'list-type': '2', prefix: this.#name(prefix) })
      if (token !== undefined) query.set('continuation-token', token)
      const text = await (await this.#ask('GET', `/${bucket}?${query}`)).text()
      for (const [, key] of text.matchAll(/<Key>([^<]*)<\/Key>/g)) names.push(unescaped(key!).slice(before.length))
      token = /<NextContinuationToken>([^<]*)</.exec(text)?.[1]
      if (token === undefined) return names.sort()
      token = unescaped(token)
    }
    throw new Error(`${this.place} has more files than anybody reads`)
  }

  /** S3 shows a file when it is whole. */
  async sweep(): Promise<number> {
    return 0
  }

  #name(name: string): string {
    return this.options.prefix === '' ? name : `${this.options.prefix}/${name}`
  }

  #path(name: string): string {
    return `/${this.options.bucket}/${this.#name(name).split('/').map(encodeURIComponent).join('/')}`
  }

  async #ask(
    method: 'GET' | 'PUT',
    path: string,
    { headers, body, allowed = [] }: { headers?: Record<string, string>; body?: Uint8Array; allowed?: number[] } = {},
  ): Promise<Response> {
    const answer = await this.#client.fetch(`${this.options.endpoint}${path}`, {
      method,
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(headers && { headers }),
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
    })
    if (answer.ok || allowed.includes(answer.status)) return answer
    const said = (await answer.text()).slice(0, 300)
    throw new Error(`${method} of ${path}: ${answer.status === NOT_FOUND ? 'not there' : answer.status} ${said}`)
  }
}

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
