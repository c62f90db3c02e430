import type { FileSystem } from '../disk/file-system.ts'
import { SharedSync } from '../disk/shared-sync.ts'

export interface PartitionName {
  readonly topic: string
  readonly partition: number
}

export const directoryName = ({ topic, partition }: PartitionName): string => `${topic}-${partition}`

const DELETED = '.deleted'
const STRAY = '.stray'

/** The names in `DIR/logs`: whose partitions they are, and how they come and go. */
export class PartitionDirectories {
  private readonly names = new Set<string>()
  private deletions = 0
  private readonly syncs: SharedSync

  private constructor(
    private readonly fs: FileSystem,
    readonly path: string,
  ) {
    this.syncs = new SharedSync(() => fs.syncDirectory(path))
  }

  /** Finishes deletions that a crash cut short. */
  static async open(fs: FileSystem, path: string): Promise<PartitionDirectories> {
    const directories = new PartitionDirectories(fs, path)
    for (const name of fs.readdir(path)) {
      if (name.endsWith(DELETED)) await fs.removeDirectory(`${path}/${name}`)
      else if (/-\d+$/.test(name)) directories.names.add(name)
    }
    return directories
  }

  has(name: string): boolean {
    return this.names.has(name)
  }

  all(): Iterable<string> {
    return this.names
  }

  /** True when it is new: its name is on the device after the next `sync`. */
  create(name: string): boolean {
    const isNew = !this.names.has(name)
    this.names.add(name)
    this.fs.mkdir(`${this.path}/${name}`)
    return isNew
  }

  /** Makes all changes of names so far durable. */
  sync(): Promise<void> {
    return this.syncs.run()
  }

  /** Gives the directory a name that nobody asks for; returns its path, which may be removed after the next `sync`. */
  condemn(name: string): string {
    const doomed = `${this.path}/${name}.${this.deletions++}${DELETED}`
    this.fs.rename(`${this.path}/${name}`, doomed)
    this.names.delete(name)
    return doomed
  }

  remove(doomed: string): Promise<void> {
    return this.fs.removeDirectory(doomed)
  }

  /** Whether there are no records. */
  isEmpty(name: string): boolean {
    const directory = `${this.path}/${name}`
    const isEmptyFile = (file: string) => !file.endsWith('.log') || this.fs.size(`${directory}/${file}`) === 0
    return this.fs.readdir(directory).every(isEmptyFile)
  }

  /** Keeps the files under another name, which is returned, for somebody to look at. */
  async setAside(name: string): Promise<string> {
    const taken = new Set(this.fs.readdir(this.path))
    let aside = `${name}${STRAY}`
    for (let number = 1; taken.has(aside); number++) aside = `${name}.${number}${STRAY}`
    this.names.delete(name)
    this.fs.rename(`${this.path}/${name}`, `${this.path}/${aside}`)
    await this.sync()
    return aside
  }
}

/** What a directory of this name belongs to. */
export function partitionOf(name: string): PartitionName {
  const dash = name.lastIndexOf('-')
  return { topic: name.slice(0, dash), partition: Number(name.slice(dash + 1)) }
}
