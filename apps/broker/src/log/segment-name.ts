/** Twenty digits, as in Kafka, so that names sort by offset. */
export function segmentName(baseOffset: number): string {
  return String(baseOffset).padStart(20, '0')
}
