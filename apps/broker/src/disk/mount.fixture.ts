import type { FileSystem } from './file-system.ts'

/** A disk as one process sees it. */
export interface Mount {
  readonly fs: FileSystem
  /** The process is dead: whatever its code still tries in this test reaches the disk no more. */
  unmount(): void
}

export function mount(disk: FileSystem): Mount {
  let isMounted = true
  const fs = new Proxy(disk, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        if (!isMounted) throw new Error('a dead process wants to use the disk')
        return member.apply(target, args)
      }
    },
  })
  return {
    fs,
    unmount: () => {
      isMounted = false
    },
  }
}
