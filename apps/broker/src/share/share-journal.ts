import { RecordLog } from '../journal/record-log.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { ShareRecord } from './records.ts'
import type { ShareState } from './share-state.ts'

/** The journal `share-groups` behind the state. A record counts at once; a client may hear of it when it is durable. */
export class ShareJournal {
  private records!: RecordLog<ShareRecord>

  static async open(logs: LogManager, state: ShareState): Promise<ShareJournal> {
    const journal = new ShareJournal()
    journal.records = await RecordLog.open<ShareRecord>(
      logs,
      'share-groups',
      (record) => state.evolve(record),
      () => state.snapshot(),
    )
    return journal
  }

  /** False when the disk refuses; what the state reflects is written as soon as it does not. */
  async append(records: readonly ShareRecord[]): Promise<boolean> {
    try {
      await (records.length > 0 ? this.records.append(records) : this.records.settled())
      return true
    } catch {
      // The log manager has reported the disk.
      return false
    }
  }
}
