import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { z } from 'zod'

const ALGORITHM = 'ES256'
/** The newest signs; the one before is still published, for what it has signed. */
const KEPT = 2

const stored = z.array(z.looseObject({ kty: z.string(), kid: z.string(), d: z.string() })).min(1)

/** What the development issuer signs with, kept in a file of its user only. */
export class SigningKeys {
  private constructor(
    private readonly file: string,
    private keys: readonly JWK[],
  ) {}

  /** Makes the first key where there is no file. Rejects when the file holds something else. */
  static async open(file: string): Promise<SigningKeys> {
    const keys = new SigningKeys(file, existsSync(file) ? stored.parse(JSON.parse(readFileSync(file, 'utf8'))) : [])
    if (keys.keys.length === 0) await keys.rotate()
    return keys
  }

  /** Signs with a new key from now on. */
  async rotate(): Promise<void> {
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
    const jwk = await exportJWK(privateKey)
    this.keys = [{ ...jwk, kid: await calculateJwkThumbprint(jwk) }, ...this.keys].slice(0, KEPT)
    writeFileSync(`${this.file}.new`, JSON.stringify(this.keys), { mode: 0o600 })
    renameSync(`${this.file}.new`, this.file)
  }

  /** As a JWK set, without what signs. */
  published(): { readonly keys: readonly JWK[] } {
    return { keys: this.keys.map(({ d: _, ...open }) => ({ ...open, alg: ALGORITHM, use: 'sig' })) }
  }

  async sign(claims: Readonly<Record<string, unknown>>, lifeS: number): Promise<string> {
    const [newest] = this.keys
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALGORITHM, kid: newest!.kid!, typ: 'at+jwt' })
      .setIssuedAt()
      .setExpirationTime(`${lifeS}s`)
      .sign(await importJWK(newest!, ALGORITHM))
  }
}
