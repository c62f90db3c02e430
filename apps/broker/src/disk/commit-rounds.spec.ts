import { beforeEach, expect, it } from 'vitest'
import { CommitRounds } from './commit-rounds.ts'
import { GroupCommit } from './group-commit.ts'

/** Files that note when they are written and synced, and are synced when they are told. */
class Files {
  readonly operations: string[] = []
  private readonly rounds = new CommitRounds()
  private readonly finish: (() => void)[] = []
  private readonly files = new Map<string, { commit: GroupCommit; accepted: number }>()

  append(name: string): Promise<void> {
    const file = this.files.get(name) ?? this.open(name)
    this.files.set(name, file)
    file.accepted++
    file.commit.accepted()
    return file.commit.durable(file.accepted)
  }

  finishSyncs(): void {
    for (const finish of this.finish.splice(0)) finish()
  }

  private open(name: string) {
    const target = {
      written: 0,
      write: () => {
        this.operations.push(`write ${name}`)
        target.written = file.accepted
      },
      sync: () => {
        const end = file.accepted
        this.operations.push(`sync ${name}`)
        return new Promise<number>((resolve) => this.finish.push(() => resolve(end)))
      },
      writeFailed: (error: unknown) => error as Error,
      syncFailed: (error: unknown) => error as Error,
    }
    const file = { commit: new GroupCommit(target, 0, this.rounds), accepted: 0 }
    return file
  }
}

const turn = () => new Promise(setImmediate)

let files: Files
beforeEach(() => {
  files = new Files()
})

it('writes everything of one turn before it syncs, and syncs it together', async () => {
  const both = Promise.all([files.append('a'), files.append('b')])
  await turn()
  expect(files.operations).toEqual(['write a', 'write b', 'sync a', 'sync b'])
  files.finishSyncs()
  await both
})

it('keeps what comes during a round for the next one', async () => {
  const first = files.append('a')
  await turn()
  const later = Promise.all([files.append('b'), files.append('c')])
  await turn()
  expect(files.operations).toEqual(['write a', 'sync a', 'write b', 'write c'])
  files.finishSyncs()
  await first
  await turn()
  expect(files.operations.slice(-2)).toEqual(['sync b', 'sync c'])
  files.finishSyncs()
  await later
})

it('does not let the others wait for long for a file that is slow', async () => {
  const slow = files.append('slow')
  void files.append('other')
  await turn()
  const next = files.append('next')
  await turn()
  expect(files.operations.at(-1)).toBe('write next')
  await new Promise((resolve) => setTimeout(resolve, 40))
  expect(files.operations.at(-1)).toBe('sync next')
  files.finishSyncs()
  await Promise.all([slow, next])
})
