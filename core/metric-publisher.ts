/**
 * Sends metrics to CloudWatch or to an OpenTelemetry collector, behind the work that they are about: what cannot be sent is tried
 * again, what cannot wait any longer is dropped and told, and neither stops anybody. For the producer and the consumer alike: both
 * hand out what they gathered as `onMetrics(data, from, to)`, and `publish` takes just that.
 */
import type { Clock } from './env.ts'
import { MillraceError } from './errors.ts'
import { type CloudWatchRequest, cloudWatchRequests, type MetricDatum, otlpMetrics } from './metric-adapters.ts'
import { ServiceErrors } from './service-errors.ts'

/** The part of the SDK's `CloudWatch` client that is used; the package `@aws-sdk/client-cloudwatch` is the caller's. */
export interface CloudWatchLike {
  putMetricData(input: CloudWatchRequest, options: { readonly abortSignal: AbortSignal }): Promise<unknown>
}

/** The part of `fetch` that is used. */
export type MetricsFetch = (
  url: string,
  init: {
    readonly method: 'POST'
    readonly headers: Record<string, string>
    readonly body: string
    readonly signal: AbortSignal
  },
) => Promise<{ readonly ok: boolean; readonly status: number }>

/** Sends metrics behind the work they are about. Who made it calls `close`, once nothing more is published. */
export interface MetricsPublisherOptions {
  readonly clock: Clock
  /** data that wait at most; what comes then is dropped. Default 10,000, the KCL's metricsMaxQueueSize */
  readonly queueMax?: number | undefined
  /** data of one call, 1 to 1,000. Default 200, the KCL's publisherFlushBuffer */
  readonly batchMax?: number | undefined
  /** a call failed or data were dropped; a MillraceError */
  onFailure?(error: MillraceError): void
}

export interface MetricsPublisher {
  /** Takes what came in an interval; never waits, never throws. As `onMetrics` of a producer or a consumer. */
  readonly publish: (data: readonly MetricDatum[], from: number, to: number) => void
  /** Sends what is left, for 5 s at most; what comes afterwards is not taken. */
  close(): Promise<void>
}

/** Sends to CloudWatch. @param namespace the KCL takes the name of the application, the KPL `KinesisProducerLibrary` */
export function cloudWatchPublisher(
  options: MetricsPublisherOptions & { readonly client: CloudWatchLike; readonly namespace: string },
): MetricsPublisher {
  const { client, namespace } = options
  return new Publisher(options, async ({ data, to }, signal) => {
    try {
      for (const request of cloudWatchRequests(data, to, namespace, data.length))
        await client.putMetricData(request, { abortSignal: signal })
    } catch (error) {
      throw CLOUDWATCH_ERRORS.of(error, { action: 'PutMetricData', resource: `metrics of ${namespace}` })
    }
  })
}

export interface OtlpPublisherOptions extends MetricsPublisherOptions {
  /** of the collector's receiver, such as `http://127.0.0.1:4318/v1/metrics` */
  readonly url: string
  readonly fetch: MetricsFetch
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** the attribute `service.name` of the resource */
  readonly serviceName: string
  /** before the name of each metric, such as `kinesis_consumer.` */
  readonly prefix: string
  /** what a metric is, in words */
  describe(name: string): string
}

/** Sends to an OpenTelemetry collector, by OTLP over HTTP in JSON. */
export function otlpPublisher(options: OtlpPublisherOptions): MetricsPublisher {
  const { url, fetch, headers, serviceName, prefix } = options
  return new Publisher(options, async ({ data, from, to }, signal) => {
    const metrics = otlpMetrics(data, from, to, prefix, name => options.describe(name))
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: serviceName } }] }
    const body = JSON.stringify({
      resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'millrace' }, metrics }] }],
    })
    let status: number
    try {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
        signal,
      } as const
      const reply = await fetch(url, init)
      if (reply.ok) return
      status = reply.status
    } catch (error) {
      throw new MillraceError('internal', `the collector at ${url} cannot be reached; it is tried again`, {
        retry: 'backoff',
        cause: error,
      })
    }
    // OTLP specification 1.x: these are tried again, and no others.
    const mayRepeat = [429, 502, 503, 504].includes(status)
    throw new MillraceError(
      mayRepeat ? 'throttled' : 'invalid_argument',
      `the collector at ${url} answered metrics with status ${status}${mayRepeat ? '; it is tried again' : ': check the address and headers'}`,
      { retry: mayRepeat ? 'backoff' : 'never' },
    )
  })
}

/** Gives every publisher the same data. */
export function publishTo(publishers: readonly MetricsPublisher[]): MetricsPublisher {
  return {
    publish(data, from, to) {
      for (const { publish } of publishers) publish(data, from, to)
    },
    async close() {
      await Promise.all(publishers.map(one => one.close()))
    },
  }
}

const CLOUDWATCH_ERRORS = new ServiceErrors({ prefix: 'cloudwatch', meanings: new Map(), explained: new Set() })
const QUEUE_MAX = 10_000
const BATCH_MAX = 200
/** PutMetricData takes 1,000 data. */
const DATA_MAX = 1_000
const ATTEMPTS_MAX = 5
const BACKOFF_MS = 1_000
const BACKOFF_MS_MAX = 30_000
const CALL_MS_MAX = 10_000
const CLOSE_MS_MAX = 5_000

interface Batch {
  readonly data: readonly MetricDatum[]
  readonly from: number
  readonly to: number
}

class Publisher implements MetricsPublisher {
  readonly #options: MetricsPublisherOptions
  readonly #send: (batch: Batch, signal: AbortSignal) => Promise<void>
  readonly #queue: Batch[] = []
  readonly #closed = new AbortController()
  #waiting = 0
  #sending: Promise<void> | null = null
  #isClosing = false

  constructor(options: MetricsPublisherOptions, send: (batch: Batch, signal: AbortSignal) => Promise<void>) {
    const { batchMax = BATCH_MAX, queueMax = QUEUE_MAX } = options
    if (!(Number.isInteger(batchMax) && batchMax >= 1 && batchMax <= DATA_MAX && queueMax >= 1))
      throw new MillraceError(
        'config',
        `metrics are sent ${batchMax} at a time, and ${queueMax} wait; give 1 to ${DATA_MAX}, and 1 or more`,
      )
    this.#options = options
    this.#send = send
  }

  readonly publish = (data: readonly MetricDatum[], from: number, to: number): void => {
    if (this.#isClosing) return
    const { batchMax = BATCH_MAX, queueMax = QUEUE_MAX } = this.#options
    const room = Math.max(0, queueMax - this.#waiting)
    const kept = data.slice(0, room)
    for (let i = 0; i < kept.length; i += batchMax) this.#queue.push({ data: kept.slice(i, i + batchMax), from, to })
    this.#waiting += kept.length
    const dropped = data.length - kept.length
    if (dropped > 0) this.#tell(dropped, `${queueMax} wait already`)
    this.#sending ??= this.#run().finally(() => {
      this.#sending = null
    })
  }

  async close(): Promise<void> {
    this.#isClosing = true
    const timer = new AbortController()
    await Promise.race([this.#sending, this.#options.clock.sleep(CLOSE_MS_MAX, timer.signal)])
    timer.abort()
    this.#closed.abort()
    await this.#sending
  }

  async #run(): Promise<void> {
    for (let batch = this.#queue[0]; batch !== undefined; batch = this.#queue[0]) {
      await this.#deliver(batch)
      this.#queue.shift()
      this.#waiting -= batch.data.length
    }
  }

  async #deliver(batch: Batch): Promise<void> {
    const { clock } = this.#options
    for (let attempt = 1; ; attempt++) {
      if (this.#closed.signal.aborted) return this.#tell(batch.data.length, 'the time to send them is over')
      const error = await this.#try(batch)
      if (error === null) return
      this.#failed(error)
      if (error.retry === 'never') return this.#tell(batch.data.length, 'they are refused')
      if (attempt === ATTEMPTS_MAX) return this.#tell(batch.data.length, `${attempt} attempts failed`)
      await clock.sleep(Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** (attempt - 1)), this.#closed.signal)
    }
  }

  async #try(batch: Batch): Promise<MillraceError | null> {
    const { clock } = this.#options
    const [late, done] = [new AbortController(), new AbortController()]
    const stop = (): void => {
      late.abort()
      done.abort()
    }
    this.#closed.signal.addEventListener('abort', stop, { once: true })
    // A client that does not hear the signal must not hold up what comes after.
    const timeout = clock.sleep(CALL_MS_MAX, done.signal).then(() => {
      late.abort()
      const isOver = this.#closed.signal.aborted
      const why = isOver ? 'until the publisher was closed' : `in ${CALL_MS_MAX} ms; it is tried again`
      return new MillraceError('internal', `metrics were not taken ${why}`, { retry: 'backoff' })
    })
    const sent = this.#send(batch, late.signal).then(
      () => null,
      (error: unknown) =>
        error instanceof MillraceError
          ? error
          : new MillraceError('internal', 'metrics could not be sent', { retry: 'never', cause: error }),
    )
    try {
      return await Promise.race([sent, timeout])
    } finally {
      done.abort()
      this.#closed.signal.removeEventListener('abort', stop)
    }
  }

  #tell(count: number, why: string): void {
    this.#failed(new MillraceError('limit_exceeded', `${count} metrics are dropped: ${why}`, { retry: 'never' }))
  }

  #failed(error: MillraceError): void {
    try {
      this.#options.onFailure?.(error)
    } catch {
      // A log that fails must not stop the work that it is about.
    }
  }
}
