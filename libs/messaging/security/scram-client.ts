import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(pbkdf2)
const SERVER_FIRST = /^r=([^,]+),s=([A-Za-z0-9+/=]+),i=(\d+)$/
/** What a server may ask for is bounded, or it could keep a client busy for hours. */
const MAX_ITERATIONS = 1_000_000
const GS2_HEADER = 'n,,'

/** The client's side of SCRAM (RFC 5802): proves the password without telling it, and has the server prove that it knows it. */
export class ScramClient {
  readonly #hash: 'sha256' | 'sha512'
  readonly #password: string
  readonly #nonce: string
  readonly #bare: string
  #serverSignature: Buffer | undefined

  constructor(mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512', username: string, password: string) {
    this.#hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512'
    this.#password = password
    this.#nonce = randomBytes(18).toString('base64url')
    this.#bare = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${this.#nonce}`
  }

  first(): Buffer {
    return Buffer.from(GS2_HEADER + this.#bare)
  }

  /** Rejects when the server does not follow the protocol, or weakens it. */
  async final(serverFirst: Buffer): Promise<Buffer> {
    const message = serverFirst.toString()
    const [, nonce, salt, count] = SERVER_FIRST.exec(message) ?? []
    const iterations = Number(count)
    if (nonce === undefined || !nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      throw new Error('the broker does not speak SCRAM')
    }
    if (iterations < 4096 || iterations > MAX_ITERATIONS) throw new Error(`${iterations} iterations of SCRAM`)
    const hash = this.#hash
    const bytes = hash === 'sha256' ? 32 : 64
    const salted = await derive(this.#password, Buffer.from(salt!, 'base64'), iterations, bytes, hash)
    const withoutProof = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${nonce}`
    const authMessage = `${this.#bare},${message},${withoutProof}`
    const hmac = (key: Buffer, data: string) => createHmac(hash, key).update(data).digest()
    const clientKey = hmac(salted, 'Client Key')
    const signature = hmac(createHash(hash).update(clientKey).digest(), authMessage)
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!))
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), authMessage)
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`)
  }

  /** Throws when the server has not shown that it knows what is kept of the password. */
  verify(serverFinal: Buffer): void {
    const given = Buffer.from(/^v=([A-Za-z0-9+/=]+)$/.exec(serverFinal.toString())?.[1] ?? '', 'base64')
    const expected = this.#serverSignature!
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new Error('the broker does not know the password')
    }
  }
}
