/** What one process may say on the terminal, in lines per window; the log has everything. */
const LINES = 5
const WINDOW = 5_000

/**
 * Keeps one process from drowning the terminal: a service that warns about each of a thousand messages says so a few
 * times, then how often it would have. `show` takes the lines that pass.
 */
export const throttled = (show: (line: string) => void): ((line: string) => void) => {
  let shown = 0
  let held = 0
  let timer: NodeJS.Timeout | undefined
  const endWindow = () => {
    if (held > 0) show(`… and ${held} more such lines, see its log`)
    shown = 0
    held = 0
    timer = undefined
  }
  return (line) => {
    if (timer === undefined) timer = setTimeout(endWindow, WINDOW).unref()
    if (shown < LINES) {
      shown++
      show(line)
    } else {
      held++
    }
  }
}
