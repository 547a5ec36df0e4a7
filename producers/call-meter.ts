/** Turns what happens to calls into KPL's metrics. Values of one call are added up first, so that a user record costs little. */
import { StatisticSet, type Statistics } from '../core/index.ts'
import type { Bundle } from './bundle.ts'
import type { SettledRecords } from './ledger.ts'
import type { MetricsRecorder } from './metrics/recorder.ts'
import type { PendingRecord } from './pending.ts'

interface Sent {
  readonly bundle: Bundle
  readonly records: readonly PendingRecord[]
}

export class CallMeter {
  readonly #recorder: MetricsRecorder
  readonly #buffering = new Map<string, StatisticSet>()

  constructor(recorder: MetricsRecorder) {
    this.#recorder = recorder
  }

  /** User records of a bundle leave for the first time. @param bufferedMs of each, from its put until now */
  left({ shard }: Bundle, bufferedMs: Statistics): void {
    const shardId = shard?.shardId ?? ''
    let values = this.#buffering.get(shardId)
    if (values === undefined) {
      values = new StatisticSet()
      this.#buffering.set(shardId, values)
    }
    values.addAll(bufferedMs)
  }

  /** A call has ended, whatever came of it. */
  called(shipments: readonly Sent[], sentAt: number, endedAt: number): void {
    for (const [shardId, values] of this.#buffering) this.#recorder.addAll('BufferingTime', values, endedAt, shardId)
    this.#buffering.clear()
    let userRecords = 0
    for (const { records } of shipments) userRecords += records.length
    this.#recorder.add('RequestTime', endedAt - sentAt, endedAt)
    this.#recorder.add('KinesisRecordsPerPutRecordsRequest', shipments.length, endedAt)
    this.#recorder.add('UserRecordsPerPutRecordsRequest', userRecords, endedAt)
  }

  /**
   * A record was stored, with so many user records.
   * @param settled those of them that count as put: some may have been given up meanwhile
   */
  stored(bundle: Bundle, userRecords: number, settled: SettledRecords, shardId: string, now: number): void {
    const recorder = this.#recorder
    recorder.add('UserRecordsPut', 1, now, shardId, settled.bytes.count)
    recorder.addAll('UserRecordsDataPut', settled.bytes, now, shardId)
    recorder.addAll('RetriesPerRecord', settled.retries, now, shardId)
    recorder.add('KinesisRecordsPut', 1, now, shardId)
    recorder.add('KinesisRecordsDataPut', bundle.dataBytes, now, shardId)
    recorder.add('UserRecordsPerKinesisRecord', userRecords, now, shardId)
  }

  /** A record was not stored. */
  refused(bundle: Bundle, now: number): void {
    this.#recorder.add('KinesisRecordsPut', 0, now, bundle.shard?.shardId ?? '')
  }
}
