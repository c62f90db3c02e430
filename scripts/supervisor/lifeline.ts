/**
 * Loaded into every process that the supervisor starts (`node --import`). The supervisor holds the other end of the
 * process's stdin and never writes to it: when it closes, the supervisor is gone, however it died, and nobody would ever
 * stop this process.
 */
const GRACE = 10_000

process.stdin.on('error', () => undefined)
process.stdin.once('close', () => {
  process.kill(process.pid, 'SIGTERM')
  setTimeout(() => process.exit(1), GRACE).unref()
})
process.stdin.resume()
// The lifeline alone is no reason to live.
;(process.stdin as NodeJS.ReadStream & { unref(): void }).unref()
