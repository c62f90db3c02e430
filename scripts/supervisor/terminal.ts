const COLOURS = [36, 35, 33, 32, 34, 31, 96, 95, 93, 92]
const colourful = process.stdout.isTTY === true && !process.env.NO_COLOR

/** `text` in the n-th colour, where the terminal has any. */
const paint = (text: string, n: number): string =>
  colourful ? `\x1b[${COLOURS[n % COLOURS.length]}m${text}\x1b[0m` : text

/** What the supervisor writes for its user: one line each, from itself or, prefixed, from one of its processes. */
export class Terminal {
  readonly #names: readonly string[]
  readonly #width: number

  constructor(names: readonly string[]) {
    this.#names = names
    this.#width = Math.max(0, ...names.map((name) => name.length))
  }

  say(line = ''): void {
    process.stdout.write(`${line}\n`)
  }

  from(name: string, line: string): void {
    this.say(`${paint(name.padEnd(this.#width), this.#names.indexOf(name))} | ${line}`)
  }
}

/** Is this line of a process's log worth a user's attention, who did not ask for all of them? */
export const isNotable = (name: string, line: string, stream: 'stdout' | 'stderr'): boolean => {
  if (name === 'postgres') return /\bPANIC:|could not (write|extend|fsync)|No space left/.test(line)
  const level = /^(?:\S+ |\{"level":")(DEBUG|INFO|WARN|ERROR)\b/i.exec(line)?.[1]?.toUpperCase()
  return level === undefined ? stream === 'stderr' && line !== '' : level === 'WARN' || level === 'ERROR'
}
