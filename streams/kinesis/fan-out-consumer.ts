/**
 * Registers a consumer with enhanced fan-out, or finds the one that is there, and waits until it can be used. Many workers of one
 * application do this at the same time, and all get the same consumer.
 */
import { type Clock, hasCode, MillraceError } from '../../core/index.ts'
import type { KinesisClient, RegisteredConsumer } from './kinesis-client.ts'

/** KCL: tries of each call, and looks at a consumer that is being created. */
const TRIES_MAX = 10
const PAUSE_MS = 1_000

/**
 * The ARN of an active consumer.
 * @throws MillraceError `throttled` when ten tries were refused for their rate (5 registrations a second, 20 consumers a stream),
 *   `not_found` for the stream, `config` for permissions
 */
export async function activeConsumer(
  client: KinesisClient,
  clock: Clock,
  consumerName: string,
  signal: AbortSignal,
): Promise<string> {
  const patiently = async <T>(call: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await call()
      } catch (error) {
        if (tries >= TRIES_MAX || !(error instanceof MillraceError) || error.retry !== 'backoff') throw error
        await clock.sleep(PAUSE_MS, signal)
      }
    }
  }
  const { arn } = await patiently(() => client.describe(signal))
  const find = (): Promise<RegisteredConsumer | null> => patiently(() => client.findConsumer(arn, consumerName, signal))
  let consumer = (await find()) ?? (await patiently(() => client.registerConsumer(arn, consumerName, signal)))
  for (let looks = 0; consumer?.status !== 'ACTIVE'; looks++) {
    if (looks >= TRIES_MAX)
      throw new MillraceError(
        'throttled',
        `consumer ${consumerName} of stream ${client.streamName} is ${consumer?.status ?? 'gone'} after ${looks} looks; wait until it is ACTIVE, or choose another consumerName`,
        { retry: 'backoff' },
      )
    await clock.sleep(PAUSE_MS, signal)
    if (signal.aborted) throw new MillraceError('aborted', `registering consumer ${consumerName} was stopped`)
    consumer = await find().catch((error: unknown) => {
      if (hasCode(error, 'not_found')) return null
      throw error
    })
  }
  return consumer.arn
}
