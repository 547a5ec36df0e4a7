/** Turns what happens to calls into KPL's metrics. Values of one call are added up first, so that a user record costs little. */
import { StatisticSet } from '../core/index.ts'
import type { Bundle } from './bundle.ts'
import type { MetricsRecorder } from './metrics/recorder.ts'
import type { PendingRecord } from './pending.ts'

interface Sent {
  readonly bundle: Bundle
  readonly records: readonly PendingRecord[]
}

export class CallMeter {
  readonly #recorder: MetricsRecorder
  readonly #buffering = new Map<string, StatisticSet>()
  readonly #retries = new StatisticSet()
  readonly #bytes = new StatisticSet()

  constructor(recorder: MetricsRecorder) {
    this.#recorder = recorder
  }

  /** A user record leaves for the first time. */
  left(record: PendingRecord, now: number): void {
    const shardId = record.bundle?.shard?.shardId ?? ''
    let values = this.#buffering.get(shardId)
    if (values === undefined) {
      values = new StatisticSet()
      this.#buffering.set(shardId, values)
    }
    values.add(now - record.arrivedAt)
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

  /** A record was stored, with these user records; those among them that were given up meanwhile do not count as put. */
  stored(bundle: Bundle, records: readonly PendingRecord[], shardId: string, now: number): void {
    const recorder = this.#recorder
    this.#bytes.clear()
    this.#retries.clear()
    for (const record of records) {
      if (record.settled) continue
      this.#bytes.add(record.data.length)
      this.#retries.add(record.attempts.length)
    }
    recorder.add('UserRecordsPut', 1, now, shardId, this.#bytes.count)
    recorder.addAll('UserRecordsDataPut', this.#bytes, now, shardId)
    recorder.addAll('RetriesPerRecord', this.#retries, now, shardId)
    recorder.add('KinesisRecordsPut', 1, now, shardId)
    recorder.add('KinesisRecordsDataPut', bundle.dataBytes, now, shardId)
    recorder.add('UserRecordsPerKinesisRecord', records.length, now, shardId)
  }

  /** A record was not stored. */
  refused(bundle: Bundle, now: number): void {
    this.#recorder.add('KinesisRecordsPut', 0, now, bundle.shard?.shardId ?? '')
  }
}
