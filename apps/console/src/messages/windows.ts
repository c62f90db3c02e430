/** A span of time, both ends included. Milliseconds since 1970. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** Clocks of several machines, and a message that is published some time after it was decided. Milliseconds. */
const BEFORE_MS = 2_000
const AFTER_MS = 15_000

/** The spans around these instants, the oldest first; those that meet are one, and at most `most` of the newest stay. */
export const windowsAround = (instants: readonly string[], most: number): Window[] => {
  const windows: Window[] = []
  for (const at of instants.map(Date.parse).sort((a, b) => a - b)) {
    const window = { from: at - BEFORE_MS, to: at + AFTER_MS }
    const last = windows.at(-1)
    if (last !== undefined && window.from <= last.to) windows[windows.length - 1] = { from: last.from, to: window.to }
    else windows.push(window)
  }
  return windows.slice(-most)
}
