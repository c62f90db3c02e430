/** Into how many parts the outbox is cut for sharing it between relays; a row's slot is stored, so this is for good. */
export const SLOTS = 64

/** The slot of a key: all messages of a key share one, so one relay publishes all of them. FNV-1a over UTF-16 units. */
export const slotOf = (key: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  // The low bits of FNV alone would tell short keys apart badly.
  return ((hash ^ (hash >>> 16)) >>> 0) % SLOTS
}
