import type { Device, ShopEvent } from '#libs/contracts'
import type { Shop } from './traffic.ts'

/** The chances of a visitor's next step; the rest leave. In all, about three of a hundred sessions end in a checkout. */
const STEPS = { view: 0.6, search: 0.76, basket: 0.88, checkout: 0.93 }
const LOGGED_IN = 0.3
const MOST_LINES = 10

const DEVICES: readonly Device[] = ['mobile', 'mobile', 'mobile', 'desktop', 'desktop', 'app', 'app', 'tablet']
const COUNTRIES = ['DE', 'DE', 'DE', 'DE', 'FR', 'FR', 'GB', 'GB', 'IT', 'ES', 'NL', 'SE', 'PL', 'AT', 'CH', 'DK']
const WORDS = ['mug', 'tea', 'coffee', 'chocolate', 'plate', 'gift', 'glass', 'bowl', 'white', 'dark', 'set of 6']

/** What is drawn of an event; its id and time are the stream's. */
type Step = ShopEvent extends infer E ? (E extends ShopEvent ? Omit<E, 'id' | 'time'> : never) : never

/** One after the other, the visits to one place among those who are there at a time. */
export class Visitor {
  #session = ''
  #customer: string | undefined
  #country = ''
  #device: Device = 'mobile'
  #seen: number | undefined
  readonly #basket = new Map<number, number>()

  constructor(
    private readonly shop: Shop,
    private readonly random: () => number,
    private readonly nextProduct: () => number,
    private readonly nextSession: () => string,
  ) {
    this.#begin()
  }

  step(): Step {
    const chance = this.random()
    if (chance < STEPS.view) return this.#view()
    if (chance < STEPS.search) return this.#search()
    if (chance < STEPS.basket && this.#seen !== undefined) return this.#fill(this.#seen)
    if (chance < STEPS.checkout && this.#basket.size > 0) return this.#checkOut()
    this.#begin()
    return this.#view()
  }

  #begin(): void {
    this.#session = this.nextSession()
    const { customers } = this.shop
    this.#customer = this.random() < LOGGED_IN && customers.length > 0 ? pick(customers, this.random) : undefined
    this.#country = pick(COUNTRIES, this.random)
    this.#device = pick(DEVICES, this.random)
    this.#seen = undefined
    this.#basket.clear()
  }

  #who() {
    const customer = this.#customer
    const who = { session: this.#session, country: this.#country, device: this.#device }
    return customer === undefined ? who : { ...who, customer }
  }

  #view(): Step {
    this.#seen = this.nextProduct()
    return { type: 'view', ...this.#who(), sku: this.shop.products[this.#seen]!.sku }
  }

  #search(): Step {
    return { type: 'search', ...this.#who(), query: pick(WORDS, this.random), results: Math.floor(this.random() * 40) }
  }

  #fill(product: number): Step {
    const before = this.#basket.get(product) ?? 0
    const change = before > 0 && this.random() < 0.2 ? -before : 1 + Math.floor(this.random() * 3)
    if (before + change <= 0) this.#basket.delete(product)
    else if (before > 0 || this.#basket.size < MOST_LINES) this.#basket.set(product, before + change)
    return { type: 'basket', ...this.#who(), sku: this.shop.products[product]!.sku, change }
  }

  #checkOut(): Step {
    const { products, currency } = this.shop
    const lines = [...this.#basket].map(([product, quantity]) => ({ ...products[product]!, quantity }))
    const step: Step = {
      type: 'checkout',
      ...this.#who(),
      currency,
      lines: lines.map(({ sku, quantity, price }) => ({ sku, quantity, price })),
    }
    this.#begin()
    return step
  }
}

const pick = <T>(from: readonly T[], random: () => number): T => from[Math.floor(random() * from.length)]!
