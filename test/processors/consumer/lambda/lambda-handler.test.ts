/** The record processor as a Lambda function; the shapes of events and answers are those of `@types/aws-lambda`. */
import type { KinesisStreamHandler, KinesisStreamTumblingWindowHandler } from 'aws-lambda'
import { expect, test } from 'vitest'
import {
  type Checkpointer,
  type ConsumerEvent,
  type ConsumerRecord,
  type KinesisLambdaEvent,
  type LambdaRecordProcessor,
  lambdaHandler,
  type RecordProcessor,
} from '../../../../processors/index.ts'
import { encodeAggregate } from '../../../../streams/index.ts'
import { SimClock } from '../../../support/sim-clock.ts'
import { eventOf, recordOf, SHARD, STREAM_ARN, sequence, windowEvent } from './events.ts'

const textOf = ({ data }: ConsumerRecord): string => Buffer.from(data).toString()
const failures = (...numbers: readonly number[]) => ({
  batchItemFailures: numbers.map(i => ({ itemIdentifier: sequence(i) })),
})
const aggregateOf = (...texts: readonly string[]): Uint8Array =>
  encodeAggregate(texts.map(text => ({ partitionKey: `key of ${text}`, data: Buffer.from(text) })))

test('is a handler of the published types', () => {
  const plain: KinesisStreamHandler = lambdaHandler({ handler: async () => {} })
  const windowed: KinesisStreamTumblingWindowHandler = async event => {
    const { batchItemFailures, state } = await lambdaHandler({ handler: async () => {} })(event)
    return { batchItemFailures, state: state as Record<string, unknown> }
  }
  expect([typeof plain, typeof windowed]).toEqual(['function', 'function'])
})

test('gives records as a consumer does, and one processor sees all calls of a shard', async () => {
  const trace: unknown[] = []
  const handler = lambdaHandler({
    processor: info => {
      trace.push(info)
      return {
        initialize: async ({ shardId }) => void trace.push(`initialize ${shardId}`),
        async processRecords({ records, checkpointer }) {
          trace.push(records.map(textOf))
          await checkpointer.checkpoint()
        },
      }
    },
  })
  expect(await handler(eventOf(recordOf(0, 'a'), recordOf(1, 'b')))).toEqual(failures())
  const arn = `${STREAM_ARN}/consumer/fan-out:1607497475`
  expect(await handler(eventOf(recordOf(2, 'c')))).toEqual(failures())
  expect(trace).toEqual([
    { streamName: 'lambda-stream', shardId: SHARD, streamIdentifier: null },
    `initialize ${SHARD}`,
    ['a', 'b'],
    ['c'],
  ])
  await handler(eventOf(recordOf(3, 'd', { eventSourceARN: arn })))
  expect(trace.slice(4, 5)).toEqual([{ streamName: 'lambda-stream', shardId: SHARD, streamIdentifier: null }])
})

test('places, keys and times are those of the event', async () => {
  const seen: ConsumerRecord[] = []
  await lambdaHandler({ handler: async records => void seen.push(...records) })(eventOf(recordOf(4, 'x')))
  expect(
    seen.map(record => [
      record.sequenceNumber,
      record.subsequenceNumber,
      record.partitionKey,
      record.arrivedAt,
      record.shardId,
      record.aggregated,
    ]),
  ).toEqual([[sequence(4), 0, 'key 1', 1_607_497_479_250, SHARD, false]])
})

test.each<[string, (records: readonly ConsumerRecord[], checkpointer: Checkpointer) => Promise<void>, unknown]>([
  ['all that it checkpointed', async (_, checkpointer) => checkpointer.checkpoint(), failures()],
  ['half of it', async (records, checkpointer) => checkpointer.checkpoint(records[1] as ConsumerRecord), failures(2)],
  [
    'half of it, and then threw',
    async (records, checkpointer) => {
      await checkpointer.checkpoint(records[2] as ConsumerRecord)
      throw new Error('the fourth is broken')
    },
    failures(3),
  ],
  [
    'all of it, and then threw',
    async (_, checkpointer) => {
      await checkpointer.checkpoint()
      throw new Error('afterwards')
    },
    failures(),
  ],
  ['nothing, without a word', async () => {}, failures(0)],
])('a processor that finished %s', async (_, work, answer) => {
  const events: ConsumerEvent[] = []
  const handler = lambdaHandler({
    processor: () => ({ processRecords: ({ records, checkpointer }) => work(records, checkpointer) }),
    onEvent: event => events.push(event),
  })
  expect(await handler(eventOf(...[0, 1, 2, 3].map(i => recordOf(i, `r${i}`))))).toEqual(answer)
  const isWhole = JSON.stringify(answer) === JSON.stringify(failures())
  expect(events.map(({ kind }) => kind)).toEqual(
    isWhole ? [] : [/threw/.test(String(_)) ? 'processing_failed' : 'checkpoint_missing'],
  )
})

test('a call that finished nothing fails as a whole, so that Lambda halves the batch; a handler that returns has finished all', async () => {
  const failing = lambdaHandler({ handler: async () => Promise.reject(new Error('no connection')) })
  await expect(failing(eventOf(recordOf(0, 'a'), recordOf(1, 'b')))).rejects.toThrow('no connection')
  const returning = lambdaHandler({ handler: async () => {} })
  expect(await returning(eventOf(recordOf(0, 'a'), recordOf(1, 'b')))).toEqual(failures())
})

/** What Lambda does with answers: the lowest number is where it goes on, and with bisect where it splits. */
async function likeLambda(
  handler: ReturnType<typeof lambdaHandler>,
  records: readonly ReturnType<typeof recordOf>[],
  bisects: boolean,
): Promise<readonly string[]> {
  const discarded: string[] = []
  let batches = [[...records]]
  for (let calls = 0; batches.length > 0 && calls < 100; calls++) {
    const [batch = [], ...rest] = batches
    let from = 0
    let hasFailed = false
    try {
      const [failure] = (await handler(eventOf(...batch))).batchItemFailures
      from =
        failure === undefined
          ? batch.length
          : batch.findIndex(record => record.kinesis.sequenceNumber === failure.itemIdentifier)
      hasFailed = failure !== undefined
    } catch {
      hasFailed = true
    }
    const left = batch.slice(from)
    batches = rest
    if (!hasFailed) continue
    const middle = Math.ceil(left.length / 2)
    if (left.length === 1 && from === 0) discarded.push(left[0]?.kinesis.sequenceNumber ?? '')
    else
      batches = [...(bisects && from === 0 ? [left.slice(0, middle), left.slice(middle)] : [left]), ...rest].filter(
        one => one.length > 0,
      )
  }
  return discarded
}

test.each([
  true,
  false,
])('a poison record is all that is lost (the handler checkpoints each record: %s)', async checkpointsEach => {
  const done: string[] = []
  const handler = lambdaHandler({
    handler: async (records, checkpoint) => {
      if (!checkpointsEach && records.some(record => textOf(record) === 'r5')) throw new Error('poison')
      for (const record of records) {
        if (textOf(record) === 'r5') throw new Error('poison')
        done.push(textOf(record))
        if (checkpointsEach) await checkpoint(record)
      }
    },
  })
  const records = Array.from({ length: 9 }, (_, i) => recordOf(i, `r${i}`))
  expect(await likeLambda(handler, records, true)).toEqual([sequence(5)])
  expect(done).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r6', 'r7', 'r8'])
})

test('aggregates are unpacked; what was finished within one does not come again with its carrier', async () => {
  const got: string[][] = []
  const handler = lambdaHandler({
    handler: async (records, checkpoint) => {
      got.push(records.map(textOf))
      expect(records[1]?.partitionKey).toMatch(/^key of/)
      if (got.length > 1) return
      await checkpoint(records[2] as ConsumerRecord)
      throw new Error('after the third')
    },
  })
  const batch = eventOf(
    recordOf(0, 'plain'),
    recordOf(1, aggregateOf('a', 'b', 'c', 'd')),
    recordOf(2, aggregateOf('e')),
  )
  expect(await handler(batch)).toEqual(failures(1))
  expect(await handler(eventOf(...batch.Records.slice(1)))).toEqual(failures())
  expect(got).toEqual([
    ['plain', 'a', 'b', 'c', 'd', 'e'],
    ['c', 'd', 'e'],
  ])
  // only once, and only where the batch begins as it was asked for
  await handler(eventOf(...batch.Records.slice(1)))
  expect(got[2]).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test.each([
  ['throws', async () => Promise.reject(new Error('no database'))],
  // the time of the function ends first
  ['never comes back', async () => new Promise<void>(() => {})],
])('what was finished of an aggregate stays so when the next call %s', async (_, fails) => {
  const clock = new SimClock()
  const got: string[][] = []
  let opened = 0
  const handler = lambdaHandler({
    clock,
    processor: () => {
      opened++
      return {
        async processRecords({ records, checkpointer }) {
          got.push(records.map(textOf))
          if (got.length === 1) return checkpointer.checkpoint(records[1] as ConsumerRecord)
          if (got.length < 4) return fails()
          await checkpointer.checkpoint()
        },
      }
    },
  })
  const batch = eventOf(recordOf(1, aggregateOf('a', 'b', 'c')), recordOf(2, 'd'))
  const answers: unknown[] = []
  for (let call = 0; call < 4; call++) {
    const answered = handler(batch, { getRemainingTimeInMillis: () => 1_000 }).catch((error: Error) => error.message)
    void answered.then(answer => answers.push(answer))
    await clock.run(2_000)
  }
  const isThrowing = answers[1] === 'no database'
  expect(answers).toEqual([failures(1), answers[1], answers[1], failures()])
  expect(got).toEqual([['a', 'b', 'c', 'd'], ...Array.from({ length: 3 }, () => ['c', 'd'])])
  // One that threw is called again; one that still runs is not.
  expect(opened).toBe(isThrowing ? 1 : 3)
})

test('an aggregate whose first part is done fails with the window it counts in, and both come again', async () => {
  const got: string[][] = []
  const handler = lambdaHandler({
    processor: () => ({
      async processRecords({ records, checkpointer, window }) {
        got.push(records.map(textOf))
        if (window === undefined) throw new Error('no window')
        for (const record of records) {
          window.state = { seen: ((window.state as { seen?: string }).seen ?? '') + textOf(record) }
          await checkpointer.checkpoint(record)
          if (got.length === 1 && textOf(record) === 'b') throw new Error('in the middle')
        }
        if (got.length === 2) throw new Error('at the end')
      },
    }),
  })
  const records = [recordOf(1, aggregateOf('a', 'b', 'c')), recordOf(2, 'd')]
  const first = await handler(windowEvent(records, {}))
  expect(first).toEqual({ ...failures(1), state: { seen: 'ab' } })
  const state = first.state as Record<string, unknown>
  await expect(handler(windowEvent(records, state))).rejects.toThrow('at the end')
  expect(await handler(windowEvent(records, state))).toEqual({ ...failures(), state: { seen: 'abcd' } })
  expect(got.slice(1)).toEqual([
    ['c', 'd'],
    ['c', 'd'],
  ])
})

test('an aggregate with a hash key of another shard is dropped and told, where the range is known', async () => {
  const got: string[] = []
  const events: ConsumerEvent[] = []
  const asked: string[] = []
  const of = (
    hashRange: (shardId: string, arn: string) => Promise<{ startingHashKey: bigint; endingHashKey: bigint } | null>,
  ) =>
    lambdaHandler({
      handler: async records => void got.push(...records.map(textOf)),
      hashRange,
      onEvent: event => events.push(event),
    })
  const outside = eventOf(
    recordOf(
      0,
      encodeAggregate([
        { partitionKey: 'k', explicitHashKey: '5', data: Buffer.from('mine') },
        { partitionKey: 'k', explicitHashKey: '500', data: Buffer.from('theirs') },
      ]),
    ),
    recordOf(1, 'plain'),
  )
  const handler = of(
    async (shardId, arn) => (asked.push(`${shardId} ${arn}`), { startingHashKey: 0n, endingHashKey: 99n }),
  )
  expect(await handler(outside)).toEqual(failures())
  await handler(outside)
  expect(got).toEqual(['plain', 'plain'])
  expect(asked).toEqual([`${SHARD} ${STREAM_ARN}`])
  expect(events[0]).toMatchObject({ kind: 'aggregate_dropped', facts: { reason: 'outside_range', records: 2 } })
  await of(async () => null)(outside)
  expect(got.slice(2)).toEqual(['mine', 'theirs', 'plain'])
})

test('the state of a tumbling window goes from call to call, and with a failure that of the last checkpoint', async () => {
  const counts = (state: unknown) => state as Record<string, number>
  const finals: unknown[] = []
  const handler = lambdaHandler({
    processor: () => ({
      async processRecords({ records, checkpointer, window }) {
        if (window === undefined) throw new Error('no window')
        expect([window.start, window.end]).toEqual([Date.UTC(2020, 11, 9, 7, 4), Date.UTC(2020, 11, 9, 7, 6)])
        if (window.isFinal) finals.push(window.state)
        for (const record of records) {
          if (textOf(record) === 'poison') throw new Error('poison')
          counts(window.state)[record.partitionKey] = (counts(window.state)[record.partitionKey] ?? 0) + 1
          if (textOf(record) !== 'not saved') await checkpointer.checkpoint(record)
        }
      },
    }),
  })
  const first = await handler(windowEvent([recordOf(0, 'a'), recordOf(1, 'b'), recordOf(3, 'c')], {}))
  expect(first).toEqual({ ...failures(), state: { 'key 0': 2, 'key 1': 1 } })
  const second = await handler(
    windowEvent([recordOf(4, 'd'), recordOf(5, 'not saved'), recordOf(6, 'poison')], counts(first.state)),
  )
  expect(second).toEqual({ ...failures(5), state: { 'key 0': 2, 'key 1': 2 } })
  expect(await handler(windowEvent([], counts(second.state), true))).toEqual({
    ...failures(),
    state: { 'key 0': 2, 'key 1': 2 },
  })
  expect(finals).toEqual([{ 'key 0': 2, 'key 1': 2 }])
  await expect(handler(windowEvent([recordOf(7, 'poison')], {}))).rejects.toThrow('poison')
})

test('a state that Lambda will not keep is told', async () => {
  const events: ConsumerEvent[] = []
  const handler = lambdaHandler({
    handler: async (_records, _checkpoint, { window }) => {
      if (window !== undefined) window.state = { text: 'x'.repeat(1_100_000) }
    },
    onEvent: event => events.push(event),
  })
  await handler(windowEvent([recordOf(0, 'a')], {}))
  expect(events).toMatchObject([{ level: 'warn', message: expect.stringContaining('1100011 bytes') }])
})

test('a call that the time of the function ends answers what is done, and no later call meets it', async () => {
  const clock = new SimClock()
  const trace: string[] = []
  let processors = 0
  const handler = lambdaHandler({
    clock,
    processor: () => {
      const name = `p${++processors}`
      return {
        async processRecords({ records, checkpointer, signal }) {
          for (const record of records) {
            await clock.sleep(400)
            if (signal.aborted) {
              trace.push(`${name} saw that it is over`)
              const error: unknown = await checkpointer.checkpoint(record).catch((thrown: unknown) => thrown)
              trace.push(`${name}: ${(error as { code?: string }).code}`)
              return
            }
            trace.push(`${name} ${textOf(record)}`)
            await checkpointer.checkpoint(record)
          }
        },
      }
    },
  })
  const context = { getRemainingTimeInMillis: () => 2_000 }
  const batch = eventOf(...[0, 1, 2, 3].map(i => recordOf(i, `r${i}`)))
  let answer: unknown = null
  void handler(batch, context).then(result => {
    answer = result
  })
  await clock.run(5_000)
  expect(answer).toEqual(failures(2))
  expect(trace).toEqual(['p1 r0', 'p1 r1', 'p1 saw that it is over', 'p1: lease_lost'])
  answer = null
  void handler(eventOf(...batch.Records.slice(2)), context).then(result => {
    answer = result
  })
  await clock.run(5_000)
  expect(answer).toEqual(failures())
  expect(trace.slice(4)).toEqual(['p2 r2', 'p2 r3'])
})

test('a processor that waits for what Lambda never tells does not compile, and is refused by name', async () => {
  const whole: RecordProcessor = {
    processRecords: async ({ checkpointer }) => checkpointer.checkpoint(),
    shardEnded: async () => {},
    shutdownRequested: async () => {},
  }
  // @ts-expect-error -- it has shardEnded
  const narrow: LambdaRecordProcessor = whole
  await expect(lambdaHandler({ processor: () => narrow })(eventOf(recordOf(0, 'a')))).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('shardEnded and shutdownRequested'),
  })
  expect(await lambdaHandler({ processor: () => whole, unsignalled: 'accept' })(eventOf(recordOf(0, 'a')))).toEqual(
    failures(),
  )
})

test('a checkpoint in two steps is refused, since Lambda keeps none', async () => {
  const handler = lambdaHandler({
    processor: () => ({ processRecords: async ({ checkpointer }) => void (await checkpointer.prepareCheckpoint()) }),
  })
  await expect(handler(eventOf(recordOf(0, 'a')))).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringContaining('Lambda keeps none'),
  })
})

test.each<[string, unknown, RegExp]>([
  ['of DynamoDB', eventOf(recordOf(0, 'a', { eventSource: 'aws:dynamodb' })), /aws:dynamodb/],
  ['of Kafka', { eventSource: 'aws:kafka', records: {} }, /no Records/],
  [
    'of two shards',
    eventOf(recordOf(0, 'a'), recordOf(1, 'b', { eventID: `shardId-000000000007:${sequence(1)}` })),
    /one shard/,
  ],
  ['whose ids do not fit', eventOf(recordOf(0, 'a', { eventID: 'shardId-000000000007:12' })), /eventID/],
  ['that is none', null, /no Records/],
  ['without anything', eventOf(), /neither a stream nor a shard/],
])('an event %s is refused', async (_, event, message) => {
  const handler = lambdaHandler({ handler: async () => {} })
  await expect(handler(event as KinesisLambdaEvent)).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringMatching(message),
  })
})

test('a failed start is tried again with the next batch', async () => {
  let tries = 0
  const handler = lambdaHandler({
    processor: () => ({
      initialize: async () => {
        if (++tries === 1) throw new Error('no database')
      },
      processRecords: async ({ checkpointer }) => checkpointer.checkpoint(),
    }),
  })
  await expect(handler(eventOf(recordOf(0, 'a')))).rejects.toThrow('no database')
  expect(await handler(eventOf(recordOf(0, 'a')))).toEqual(failures())
})
