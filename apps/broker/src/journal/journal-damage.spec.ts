import { describe, expect, it } from 'vitest'
import type { LastStop } from '../disk/damage.ts'
import { journalDamage } from './journal-damage.ts'
import { encodeFrame, readFrames } from './journal-frames.ts'

const frames = ['one', 'two', 'three'].map((name) => encodeFrame([Buffer.from(JSON.stringify({ name }))]))
const whole = Buffer.concat(frames)
const second = frames[0]!.length
const third = second + frames[1]!.length

const flipped = Buffer.from(whole)
flipped[second + 15]! ^= 1
const lostWrite = Buffer.from(whole).fill(0, second + 5, third)
const torn = whole.subarray(0, third + 9)
const tail = Buffer.concat([whole, Buffer.alloc(10)])

function damageOf(bytes: Buffer, lastStop: LastStop): number | undefined {
  const end = readFrames(bytes, 0, () => {})
  return journalDamage('j', bytes, end, lastStop)?.position
}

describe('what is not whole in a journal', () => {
  it.each([
    ['a bit that flipped', flipped, { CLEAN: second, KILLED: second, POWER_CUT: second }],
    ['a write that never reached the disk', lostWrite, { CLEAN: second, KILLED: second, POWER_CUT: undefined }],
    ['a frame that was cut short', torn, { CLEAN: third, KILLED: undefined, POWER_CUT: undefined }],
    ['zeros behind all frames', tail, { CLEAN: whole.length, KILLED: undefined, POWER_CUT: undefined }],
    ['nothing', whole, { CLEAN: undefined, KILLED: undefined, POWER_CUT: undefined }],
  ] as const)('%s: damage or the end, by how the last broker ended', (_, bytes, expected) => {
    const found = {
      CLEAN: damageOf(bytes, 'CLEAN'),
      KILLED: damageOf(bytes, 'KILLED'),
      POWER_CUT: damageOf(bytes, 'POWER_CUT'),
    }
    expect(found).toEqual(expected)
  })

  it('is told of with what can still be read of it, and what can be kept', () => {
    const damage = journalDamage('/data/j.journal', flipped, second, 'KILLED')!
    expect(damage.message).toMatch(/^\/data\/j\.journal is damaged at byte \d+\. Lost are \d+ bytes, which read /)
    expect(damage.lost).toContain('1 entries behind it can be kept')
  })
})
