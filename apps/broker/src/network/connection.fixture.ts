import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { FrameParser } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import type { ManualClock } from '../clock.fixture.ts'
import { ANONYMOUS } from '../security/principal.ts'
import { Connection } from './connection.ts'
import { type Listener, plaintextListener } from './listener.ts'

const PATIENCE = 300

/** A client of a broker in this process; only the network between them is missing. */
export class TestClient {
  readonly frames: Buffer[] = []
  private readonly wire: Duplex
  private readonly clock: ManualClock

  constructor(broker: Broker, clock: ManualClock, listener?: Listener) {
    this.clock = clock
    const parser = new FrameParser(2 ** 31 - 1)
    this.wire = new Duplex({
      read() {},
      write: (chunk: Buffer, _encoding, done) => {
        parser.push(chunk, (frame) => this.frames.push(Buffer.from(frame)))
        done()
      },
    })
    const socket = Object.assign(this.wire, { setNoDelay: () => socket, remoteAddress: '127.0.0.1' }) as never as Socket
    new Connection(
      socket,
      broker,
      listener ?? plaintextListener({ host: '127.0.0.1', port: 0 }, broker.settings),
      ANONYMOUS,
    )
  }

  get closed(): boolean {
    return this.wire.destroyed
  }

  /** Puts bytes on the wire as they are. */
  write(bytes: Buffer): void {
    // What a network delivers is nobody else's.
    if (!this.closed) this.wire.push(Uint8Array.prototype.slice.call(bytes))
  }

  close(): void {
    this.wire.destroy()
  }

  /** Lets the broker work, and time pass when it waits for that, until so many frames have come or the end has. */
  async until(frames: number, patience = PATIENCE): Promise<'answered' | 'closed' | 'silent'> {
    for (let waits = 0; waits < patience; waits++) {
      for (let turn = 0; turn < 30; turn++) {
        if (this.frames.length >= frames) return 'answered'
        if (this.closed) return 'closed'
        await new Promise(setImmediate)
      }
      // What waits for the machine and not for the clock, such as the size of a disk.
      if (!this.clock.ringNext() || waits > PATIENCE / 2) await pause(1)
    }
    return 'silent'
  }
}
