import { Limit } from '../disk/limit.ts'

const AT_ONCE = 8

type Work = () => Promise<void>

/**
 * What has to be cleared away before a topic may have a name: directories of partitions that are gone, and whatever
 * others remember of them. It goes on beside the controller's queue, since a partition may be busy with a disk that
 * hangs. What fails is tried again when somebody asks for the name.
 */
export class Removals {
  private readonly left = new Map<string, Work[]>()
  private readonly running = new Map<string, Promise<void>>()
  private readonly limit = new Limit(AT_ONCE)

  /** `work` must be repeatable. */
  add(name: string, work: Work): void {
    const works = this.left.get(name)
    if (works === undefined) this.left.set(name, [work])
    else works.push(work)
    this.attempt(name).catch(() => {})
  }

  isFree(name: string): boolean {
    return !this.left.has(name)
  }

  /** Resolves when the name may be given away; rejects with the reason why that cannot be had at present. */
  async free(name: string): Promise<void> {
    // What makes an attempt fail that is under way may be over by now.
    await this.running.get(name)?.catch(() => {})
    if (!this.isFree(name)) await this.attempt(name)
  }

  private attempt(name: string): Promise<void> {
    let running = this.running.get(name)
    if (running === undefined) {
      running = this.limit.run(() => this.clear(name)).finally(() => this.running.delete(name))
      this.running.set(name, running)
    }
    return running
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.running.values())
  }

  private async clear(name: string): Promise<void> {
    const works = this.left.get(name)!
    while (works.length > 0) {
      await works[0]!()
      works.shift()
    }
    this.left.delete(name)
  }
}
