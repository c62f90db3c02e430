import { DamagedFileError, type LastStop } from '../disk/damage.ts'
import { nextFrame, readFrames } from './journal-frames.ts'

/**
 * Whether a journal whose frames are whole up to `end` only has lost something that it had: the error that says so, or
 * undefined when what follows is the end of what a crash has cut short.
 *
 * A frame follows another only once both are accepted, so whole frames behind one that is not are proof of damage,
 * unless the machine went down and the one before had not been synced. Then it reads as zeros from some byte on, and no
 * entry ends with a zero.
 */
export function journalDamage(
  path: string,
  bytes: Buffer,
  end: number,
  lastStop: LastStop,
): DamagedFileError | undefined {
  if (end === bytes.length) return undefined
  const next = nextFrame(bytes, end + 1)
  const isLostWrite = lastStop === 'POWER_CUT' && (next === undefined || bytes[next - 1] === 0)
  if (isLostWrite || (lastStop !== 'CLEAN' && next === undefined)) return undefined
  return new DamagedFileError(path, end, lossOf(bytes, end, next))
}

function lossOf(bytes: Buffer, end: number, next: number | undefined): string {
  const damaged = bytes.subarray(end, next)
  let behind = 0
  if (next !== undefined) {
    readFrames(bytes, next, () => {
      behind++
    })
  }
  const kept = behind === 0 ? 'nothing is behind it' : `${behind} entries behind it can be kept`
  return `Lost are ${damaged.length} bytes, which read ${legible(damaged)}; ${kept}.`
}

const MAX_LEGIBLE = 300

/** Entries are JSON: what is left of them tells an operator which topic or group it was about. */
function legible(bytes: Buffer): string {
  const text = bytes.toString('latin1').replace(/[^\x20-\x7e]+/g, '.')
  return JSON.stringify(text.length <= MAX_LEGIBLE ? text : `${text.slice(0, MAX_LEGIBLE)}...`)
}
