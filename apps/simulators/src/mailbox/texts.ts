import { type Answer, type Answered, Answers } from '../answers.ts'
import { Journal } from '../journal.ts'

export type Channel = 'sms' | 'push'

export interface Text {
  readonly channel: Channel
  readonly to: string
  readonly text: string
  readonly receivedAt: string
}

type Entry = Text & Answered

/** SMS and push messages that arrived, each once for its idempotency key. */
export class Texts {
  readonly #positions = new Map<string, number[]>()
  readonly #answers = new Answers((position) => this.#journal.read(position))
  #journal!: Journal<Entry>

  static async open(path: string): Promise<Texts> {
    const texts = new Texts()
    texts.#journal = await Journal.open<Entry>(path, (entry, position) => {
      texts.#answers.restore(entry.idempotencyKey, position)
      texts.#index(entry, position)
    })
    return texts
  }

  receive(idempotencyKey: string, text: Omit<Text, 'receivedAt'>): Promise<Answer> {
    return this.#answers.once(idempotencyKey, text, async (fingerprint) => {
      const answer = { status: 202, body: { status: 'accepted' } } as const
      const entry = { ...text, receivedAt: new Date().toISOString(), idempotencyKey, fingerprint, answer }
      const position = await this.#journal.append(entry)
      this.#index(entry, position)
      return { answer, position }
    })
  }

  /** Newest first. */
  async find(channel: Channel, to: string, limit: number): Promise<Omit<Text, 'channel'>[]> {
    const positions = (this.#positions.get(`${channel} ${to}`) ?? []).slice(-limit).reverse()
    const entries = await Promise.all(positions.map((position) => this.#journal.read(position)))
    return entries.map(({ to, text, receivedAt }) => ({ to, text, receivedAt }))
  }

  check(): Promise<void> {
    return this.#journal.check()
  }

  close(): Promise<void> {
    return this.#journal.close()
  }

  #index({ channel, to }: Text, position: number): void {
    const key = `${channel} ${to}`
    const positions = this.#positions.get(key)
    if (positions) positions.push(position)
    else this.#positions.set(key, [position])
  }
}
