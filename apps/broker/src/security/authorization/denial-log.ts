import type { Logger } from '#libs/logging'

/** The same denial is told once in this time, and then how often it came: clients try again and again. */
const QUIET_MS = 60_000
/** So many different ones are told apart in that time; of more, only how many there were. */
const MAX_KNOWN = 1000
/** A client may ask for names of any length; no topic has a longer one. */
const LONGEST_NAME = 249

export interface Denial {
  readonly principal: string
  readonly host: string
  readonly operation: string
  readonly resourceType: string
  readonly resource: string
}

/** The audit trail of what was denied, as lines of the log; bounded, whatever a client does. */
export class DenialLog {
  private readonly seen = new Map<string, { readonly denial: Denial; times: number }>()
  private began: number
  private others = 0

  constructor(
    private readonly log: Logger,
    private readonly now: () => number,
  ) {
    this.began = now()
  }

  add({ resource, ...rest }: Denial): void {
    const denial = { ...rest, resource: resource.slice(0, LONGEST_NAME) }
    if (this.now() - this.began >= QUIET_MS) this.summarize()
    const key = JSON.stringify(denial)
    const known = this.seen.get(key)
    if (known !== undefined) known.times++
    else if (this.seen.size >= MAX_KNOWN) this.others++
    else {
      this.seen.set(key, { denial, times: 1 })
      this.log.warn('denied', { ...denial })
    }
  }

  private summarize(): void {
    for (const { denial, times } of this.seen.values()) {
      if (times > 1) this.log.warn('denied again', { ...denial, times: times - 1 })
    }
    if (this.others > 0) this.log.warn('denied others, too many to be told one by one', { times: this.others })
    this.seen.clear()
    this.others = 0
    this.began = this.now()
  }
}
