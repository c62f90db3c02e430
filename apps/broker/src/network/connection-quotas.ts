/** How many connections a listener has at most; read anew for each of them, as the settings may change. */
export interface ConnectionLimits {
  /** `max.connections` */
  readonly total: number
  /** `max.connections.per.ip` */
  readonly perAddress: number
}

/** Counts the connections of a listener, in all and by the address they come from. */
export class ConnectionQuotas {
  private readonly perAddress = new Map<string, number>()
  private total = 0

  constructor(private readonly limits: () => ConnectionLimits) {}

  /** Counts one more connection; returns how to take it back, or undefined where it is one too many. */
  accept(address: string): (() => void) | undefined {
    const limits = this.limits()
    const fromThere = this.perAddress.get(address) ?? 0
    if (this.total >= limits.total || fromThere >= limits.perAddress) return undefined
    this.total++
    this.perAddress.set(address, fromThere + 1)
    return () => this.release(address)
  }

  private release(address: string): void {
    this.total--
    const left = this.perAddress.get(address)! - 1
    if (left > 0) this.perAddress.set(address, left)
    else this.perAddress.delete(address)
  }
}
