import { writeFile } from 'node:fs/promises'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'

/** Issues tokens, as an OpenID provider would, and writes its public keys to a file. */
export class TestIssuer {
  private constructor(
    private readonly file: string,
    private readonly key: CryptoKey,
    private readonly other: CryptoKey,
  ) {}

  static async create(file: string): Promise<TestIssuer> {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const { privateKey: other } = await generateKeyPair('ES256')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
    await writeFile(file, JSON.stringify({ keys: [jwk] }))
    return new TestIssuer(file, privateKey, other)
  }

  /** Good for a minute unless `expiresInSeconds` says otherwise. */
  token(
    sub: string,
    { expiresInSeconds = 60, audience = 'kafka', issuer = 'https://issuer.test', forged = false } = {},
  ) {
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT({ sub })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + expiresInSeconds)
      .sign(forged ? this.other : this.key)
  }

  get keys(): string {
    return this.file
  }
}
