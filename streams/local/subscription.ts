/**
 * What a consumer with enhanced fan-out is sent of a shard: records as they come, an empty event now and then so that it can
 * go on from further on, and the end of the shard or of the five minutes.
 */
import { type Clock, MEBIBYTE } from '../../core/index.ts'
import type { LocalShard } from './local-shard.ts'
import type { LocalStream, RawRecords } from './local-stream.ts'
import { sequenceNumberOf } from './sequence-counter.ts'
import { slicesBytes } from './shard-slices.ts'

/** SubscribeToShard: "pushes data records to you over this connection for up to 5 minutes". */
const SUBSCRIPTION_MS_MAX = 300_000
/** An event without records tells that the subscription lives; KCL gives one up after 60 seconds of silence. */
const SILENCE_MS_MAX = 5_000
const EVENT_RECORDS_MAX = 10_000
const EVENT_BYTES_MAX = 1 * MEBIBYTE

export interface SubscriptionEvent {
  readonly read: RawRecords
  /** where to go on, by AFTER_SEQUENCE_NUMBER; null at the end of the shard */
  readonly continuation: string | null
}

/**
 * @param counter of the first record
 * @param signal ends it without a word
 */
export async function* subscriptionEvents(
  stream: LocalStream,
  shard: LocalShard,
  counter: number,
  signal: AbortSignal,
): AsyncGenerator<SubscriptionEvent, void, void> {
  const { clock } = stream
  const endsAt = clock.monotonicMs() + SUBSCRIPTION_MS_MAX
  let next = counter
  let sentAt = Number.NEGATIVE_INFINITY
  while (!signal.aborted && !stream.isClosed && clock.monotonicMs() < endsAt) {
    // Taken first: what is put during the read ends the wait.
    const news = newsOf(stream)
    const read = await stream.readFrom(shard, next, EVENT_RECORDS_MAX, EVENT_BYTES_MAX)
    next = read.next
    const isEnd = read.nextIterator === null
    const sizeBytes = slicesBytes(read.slices)
    if (isEnd || read.slices.length > 0 || clock.monotonicMs() - sentAt >= SILENCE_MS_MAX) {
      sentAt = clock.monotonicMs()
      yield { read, continuation: isEnd ? null : sequenceNumberOf(next - 1) }
    }
    if (isEnd) return news.forget()
    if (!read.atTip) {
      news.forget()
      const perSecond = stream.limits?.readBytesPerSecond ?? Number.POSITIVE_INFINITY
      await clock.sleep((sizeBytes / perSecond) * 1_000, signal)
      continue
    }
    const now = clock.monotonicMs()
    await eitherOf(news, clock, Math.min(sentAt + SILENCE_MS_MAX, endsAt) - now, signal)
  }
}

interface News {
  readonly came: Promise<void>
  forget(): void
}

function newsOf(stream: LocalStream): News {
  let forget = (): void => {}
  const came = new Promise<void>(resolve => {
    const takeBack = stream.onChange(resolve)
    forget = () => {
      takeBack()
      resolve()
    }
  })
  return { came, forget }
}

async function eitherOf(news: News, clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const end = (): void => over.abort()
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  await Promise.race([news.came, clock.sleep(ms, over.signal)])
  signal.removeEventListener('abort', end)
  over.abort()
  news.forget()
}
