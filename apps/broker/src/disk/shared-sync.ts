/** Syncs one directory for all who ask while a sync of it is under way, which may not cover what they have done. */
export class SharedSync {
  private running: Promise<void> = Promise.resolve()
  private next: Promise<void> | undefined

  constructor(private readonly sync: () => Promise<void>) {}

  /** Resolves when everything done before the call is on the device. */
  run(): Promise<void> {
    this.next ??= this.running
      .catch(() => {})
      .then(() => {
        this.next = undefined
        this.running = this.sync()
        return this.running
      })
    return this.next
  }
}
