import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { BlockPool } from '../log/block-pool.ts'
import { ConnectionActivity } from './connection-activity.ts'
import { IncomingFrames } from './incoming-frames.ts'
import { MemoryBudget } from './memory-budget.ts'
import { OutgoingAnswers } from './outgoing-answers.ts'

const frameOf = (bytes: number): Buffer => {
  const frame = Buffer.alloc(4 + bytes)
  frame.writeInt32BE(bytes)
  return frame
}

/** One connection's two ways, and what arrives at its other end. */
const connected = (budgetBytes: number) => {
  const budget = new MemoryBudget(() => budgetBytes)
  const activity = new ConnectionActivity(() => 0)
  const incoming = new IncomingFrames(budget, activity, 1_000_000)
  let arrived = ''
  const socket = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      arrived += chunk.toString()
      done()
    },
  }) as Socket
  const blocks = new BlockPool()
  const outgoing = new OutgoingAnswers({ socket, blocks, budget, activity, incoming, onTaken: () => {} })
  return { budget, incoming, outgoing, arrived: () => arrived }
}

test('whoever goes on when an answer frees memory is answered behind it', () => {
  const { budget, incoming, outgoing, arrived } = connected(150)
  incoming.push(frameOf(100))
  incoming.push(frameOf(100))
  const first = outgoing.expect(incoming.next(), false)
  const second = outgoing.expect(incoming.next(), false)
  budget.wait({
    resume: () => {
      second.answer = [Buffer.from('second')]
      outgoing.send()
    },
  })
  first.answer = [Buffer.from('first, ')]
  outgoing.send()
  expect(arrived()).toBe('first, second')
  expect(budget.used).toBe(0)
})

test('an answer waits for the ones before it', () => {
  const { incoming, outgoing, arrived } = connected(1_000)
  incoming.push(Buffer.concat([frameOf(1), frameOf(2)]))
  const [first, second] = [outgoing.expect(incoming.next(), false), outgoing.expect(incoming.next(), false)]
  second.answer = [Buffer.from('second')]
  expect(outgoing.send()).toBe(false)
  first.answer = [Buffer.from('first, ')]
  expect(outgoing.send()).toBe(true)
  expect(arrived()).toBe('first, second')
})

test('nothing is sent once the connection is closed, and what it held is known', () => {
  const { budget, incoming, outgoing, arrived } = connected(1_000)
  incoming.push(frameOf(100))
  outgoing.expect(incoming.next(), false).answer = [Buffer.from('late')]
  budget.release(incoming.clear() + outgoing.close())
  expect(outgoing.send()).toBe(false)
  expect([arrived(), budget.used]).toEqual(['', 0])
})
