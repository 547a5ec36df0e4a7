/** A Node stream in front of a producer: what is piped in is put, and waits where the producer has no room. */
import { Writable } from 'node:stream'
import type { Outcome } from './outcome.ts'
import type { UserRecordInput } from './user-record.ts'

/** The part of a producer that the stream needs. */
export interface RecordPutter {
  put(record: UserRecordInput): Promise<Outcome>
  ready(): Promise<void>
  flush(): Promise<void>
}

export interface RecordWritableOptions {
  /** gets each user record that was given up; without it the first one destroys the stream with its error */
  readonly onFailure?: ((error: Error, record: UserRecordInput) => void) | undefined
  /** user records that the stream itself holds while the producer is full, from 1; default 16. The producer's own limits count bytes. */
  readonly highWaterMark?: number | undefined
}

/**
 * A Writable of user records. `write` returns false, and pipes pause, while the producer is full; `end` flushes, so that `finish`
 * comes when everything has settled. The producer stays open.
 */
export function recordWritable(producer: RecordPutter, options: RecordWritableOptions = {}): Writable {
  const { onFailure, highWaterMark = 16 } = options
  const writable = new Writable({
    objectMode: true,
    highWaterMark,
    write(record: UserRecordInput, _encoding, done) {
      void (async () => {
        await producer.ready()
        let settled: Promise<Outcome>
        try {
          settled = producer.put(record)
        } catch (error) {
          // a record that no stream takes; or the producer was closed
          fail(error as Error, record)
          done(onFailure === undefined ? (error as Error) : null)
          return
        }
        settled.catch((error: unknown) => fail(error as Error, record))
        done()
      })()
    },
    final(done) {
      void producer.flush().then(() => done(), done)
    },
  })
  const fail = (error: Error, record: UserRecordInput): void => {
    if (onFailure !== undefined) onFailure(error, record)
    else if (!writable.destroyed) writable.destroy(error)
  }
  return writable
}
