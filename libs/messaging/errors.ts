/**
 * Thrown by a handler whose message can never succeed, e.g. a fact about an unknown order. The message becomes a dead
 * letter at once and alone: later messages of its key are handled. Every other error is retried, with its key held
 * back behind it.
 */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable'
}
