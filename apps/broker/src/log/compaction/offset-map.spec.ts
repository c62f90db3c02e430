import fc from 'fast-check'
import { expect, it } from 'vitest'
import { OffsetMap } from './offset-map.ts'

it('knows the last offset of each key, as a Map does, until it is full', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3000), { maxLength: 4000 }), (keys) => {
      const map = new OffsetMap(1024 * 24, keys.length)
      const model = new Map<number, number>()
      for (const [offset, key] of keys.entries()) {
        if (!map.put(Buffer.from(`key ${key}`), offset)) {
          expect([model.has(key), model.size]).toEqual([false, Math.floor(1024 * 0.9)])
          break
        }
        model.set(key, offset)
      }
      expect(map.size).toBe(model.size)
      for (const [key, offset] of model) expect(map.get(Buffer.from(`key ${key}`))).toBe(offset)
      expect(map.get(Buffer.from('never'))).toBeUndefined()
    }),
    { numRuns: 20 },
  )
})
