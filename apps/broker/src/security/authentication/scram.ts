import { randomBytes, timingSafeEqual } from 'node:crypto'
import { type Exchange, type Mechanism, OTHER_AUTHORIZATION_ID, type Step } from './mechanism.ts'
import {
  hash,
  hmac,
  keyLength,
  MIN_ITERATIONS,
  type ScramCredential,
  type ScramName,
  scramIdOf,
} from './scram-credential.ts'

export type FindCredential = (user: string) => ScramCredential | undefined

/** `n` or `y`: without channel binding. Extensions (`tokenauth` for delegation tokens) are not known here. */
const CLIENT_FIRST = /^([ny],(?:a=([^,]+))?,)(n=([^,]+),r=([!-+\--~]+))$/
const CLIENT_FINAL = /^(c=([A-Za-z0-9+/=]+),r=([!-+\--~]+)),p=([A-Za-z0-9+/=]+)$/

/** For names that nobody has: the exchange goes on as for anybody's, and fails at the same place. */
const SECRET = randomBytes(32)

/** SCRAM (RFC 5802, RFC 7677) as Kafka speaks it: passwords are UTF-8 as it is, and there is no channel binding. */
export function scramMechanism(name: ScramName, find: FindCredential, nonce = newNonce): Mechanism {
  return { name, begin: () => new ScramExchange(name, find, nonce()) }
}

const newNonce = (): string => randomBytes(18).toString('base64url')

class ScramExchange implements Exchange {
  private first:
    | { readonly gs2: string; readonly bare: string; readonly reply: string; readonly nonce: string }
    | undefined
  private user = ''
  private credential: ScramCredential | undefined
  private isKnown = false

  constructor(
    private readonly mechanism: ScramName,
    private readonly find: FindCredential,
    private readonly serverNonce: string,
  ) {}

  next(token: Buffer): Step {
    const message = token.toString('utf8')
    return this.first === undefined ? this.begin(message) : this.finish(message)
  }

  private begin(message: string): Step {
    const [, gs2, authorizationId, bare, name, clientNonce] = CLIENT_FIRST.exec(message) ?? []
    const user = name === undefined ? undefined : unescaped(name)
    if (user === undefined) return refused('the first message is not of the form of SCRAM, or has extensions')
    if (authorizationId !== undefined && unescaped(authorizationId) !== user) {
      return { ...refused('another authorization id'), message: OTHER_AUTHORIZATION_ID }
    }
    const found = this.find(user)
    this.isKnown = found !== undefined
    this.user = user
    this.credential = found ?? nobodys(this.mechanism, user)
    const nonce = `${clientNonce}${this.serverNonce}`
    const reply = `r=${nonce},s=${this.credential.salt},i=${this.credential.iterations}`
    this.first = { gs2: gs2!, bare: bare!, reply, nonce }
    return { type: 'challenge', reply: Buffer.from(reply) }
  }

  private finish(message: string): Step {
    const { gs2, bare, reply, nonce } = this.first!
    const [, withoutProof, binding, clientNonce, proof] = CLIENT_FINAL.exec(message) ?? []
    if (withoutProof === undefined) return refused('the final message is not of the form of SCRAM')
    // librdkafka 2.0 puts its own part before it once more, which Kafka lets pass; the proof is for what it says.
    if (!clientNonce!.endsWith(nonce)) return refused('another nonce')
    if (Buffer.from(binding!, 'base64').toString() !== gs2) return refused('another channel binding')
    const authMessage = `${bare},${reply},${withoutProof}`
    if (!this.isProof(Buffer.from(proof!, 'base64'), authMessage)) return refused('the password is wrong')
    if (!this.isKnown) return refused('there is no such user')
    const serverKey = Buffer.from(this.credential!.serverKey, 'base64')
    const signature = hmac(scramIdOf(this.mechanism), serverKey, authMessage).toString('base64')
    return { type: 'proven', reply: Buffer.from(`v=${signature}`), name: this.user }
  }

  private isProof(proof: Buffer, authMessage: string): boolean {
    const id = scramIdOf(this.mechanism)
    if (proof.length !== keyLength(id)) return false
    const storedKey = Buffer.from(this.credential!.storedKey, 'base64')
    const signature = hmac(id, storedKey, authMessage)
    const clientKey = Buffer.from(proof.map((byte, i) => byte ^ signature[i]!))
    return timingSafeEqual(hash(id, clientKey), storedKey)
  }
}

function nobodys(mechanism: ScramName, user: string): ScramCredential {
  const id = scramIdOf(mechanism)
  const salt = hmac(1, SECRET, user).subarray(0, 24).toString('base64')
  const key = hmac(id, SECRET, `key of ${user}`).toString('base64')
  return { salt, storedKey: key, serverKey: key, iterations: MIN_ITERATIONS }
}

/** In a name `=2C` stands for a comma and `=3D` for an equals sign, and no other `=` is allowed. */
const unescaped = (name: string): string | undefined =>
  /=(?!2C|3D)/.test(name) ? undefined : name.replaceAll('=2C', ',').replaceAll('=3D', '=')

const refused = (reason: string) => ({ type: 'refused', reason }) as const
