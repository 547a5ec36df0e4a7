import { expect, test } from 'vitest'
import { MillraceError } from '../../core/index.ts'
import { type Outcome, Producer, type ProducerConfiguration, PutError, type PutOutcome } from '../../producers/index.ts'
import { memoryEnv } from '../support/memory-env.ts'
import { INTERNAL, type Script, ScriptedTarget, THROTTLED } from './scripted-target.ts'

type Settled = { readonly outcome?: Outcome; readonly error?: unknown }

/** A world with one producer, that counts how often each put settled. */
function world(configuration: Partial<ProducerConfiguration> = {}, script?: Script, seed = 1) {
  const env = memoryEnv({ seed })
  const target = new ScriptedTarget(script)
  const producer = new Producer({ target, env, configuration })
  const settled = new Map<string, Settled[]>()
  const put = (text: string, partitionKey = `key-${text}`): Promise<void> => {
    settled.set(text, [])
    return producer.put({ partitionKey, data: new TextEncoder().encode(text) }).then(
      outcome => void settled.get(text)?.push({ outcome }),
      (error: unknown) => void settled.get(text)?.push({ error }),
    )
  }
  const names = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `r${from + i}`)
  return { env, target, producer, put, settled, names }
}

function only(settled: ReadonlyMap<string, readonly Settled[]>, text: string): Settled {
  const ends = settled.get(text) ?? []
  expect(ends, `${text} settles once`).toHaveLength(1)
  return ends[0] ?? {}
}

function failureOf(end: Settled): PutError {
  expect(end.error).toBeInstanceOf(PutError)
  return end.error as PutError
}

test('records leave together once the buffered time of the first has passed, and not before', async () => {
  const { env, target, put, settled } = world()
  void put('a')
  await env.clock.advance(60)
  void put('b')
  await env.clock.advance(39)
  expect(target.calls).toHaveLength(0)
  await env.clock.advance(1)
  expect(target.stored).toEqual(['a', 'b'])
  expect(only(settled, 'b').outcome).toEqual({
    shardId: 'shardId-000000000000',
    sequenceNumber: '2',
    subsequenceNumber: 0,
    attempts: [{ delayMs: 40, durationMs: 0, errorCode: null, errorMessage: null }],
  })
})

test('a full count leaves at once, and what is over waits for its own deadline', async () => {
  const { env, target, put, names } = world()
  for (const name of names(0, 501)) void put(name)
  await env.clock.drain()
  expect(target.calls.map(call => call.length)).toEqual([500])
  await env.clock.advance(100)
  expect(target.calls.map(call => call.length)).toEqual([500, 1])
})

test('no call exceeds the byte limit, keys counted, and a record above it travels alone', async () => {
  const env = memoryEnv()
  const target = new ScriptedTarget(entries =>
    entries.map(() => ({ shardId: 'shardId-000000000000', sequenceNumber: '1' })),
  )
  const configuration = { CollectionMaxSize: 52_224, MaxUserRecordSize: 60_000, RecordMaxBufferedTime: 10 }
  const producer = new Producer({ target, env, configuration })
  const sizes = [20_000, 20_000, 12_224 - 3 * 4, 1, 60_000, 30_000, 30_000]
  const puts = sizes.map(size => producer.put({ partitionKey: 'äß', data: new Uint8Array(size) }))
  await env.clock.until(Promise.all(puts))
  const calls = target.calls.map(call => call.map(entry => entry.data.length))
  expect(calls.flat()).toEqual(sizes)
  for (const call of calls)
    expect(call.length === 1 || call.reduce((sum, size) => sum + size + 4, 0) <= 52_224, String(call)).toBe(true)
  expect(calls[0]).toEqual([20_000, 20_000, 12_212])
  expect(calls).toContainEqual([60_000])
})

test('every subset of failed entries is repeated, and nothing else is', async () => {
  for (let subset = 0; subset < 64; subset++) {
    const target: { current?: ScriptedTarget } = {}
    const w = world({}, (entries, call) =>
      entries.map((entry, i) => {
        if (call === 1 && (subset >> i) % 2 === 1) return i % 2 === 0 ? THROTTLED : INTERNAL
        return target.current?.store(entry) ?? INTERNAL
      }),
    )
    target.current = w.target
    const names = w.names(0, 6)
    await w.env.clock.until(Promise.all(names.map(name => w.put(name))))
    expect([...w.target.stored].sort()).toEqual(names)
    names.forEach((name, i) => {
      const attempts = only(w.settled, name).outcome?.attempts ?? []
      const first = i % 2 === 0 ? 'ProvisionedThroughputExceededException' : 'InternalFailure'
      expect(attempts.map(attempt => attempt.errorCode)).toEqual((subset >> i) % 2 === 1 ? [first, null] : [null])
    })
    expect(w.producer.metrics()).toMatchObject({ recordsPut: 6, recordsFailed: 0, outstandingRecords: 0 })
  }
})

test('a throttling storm ends with everything stored, and waiting times grow meanwhile', async () => {
  const w = world({}, (entries): readonly PutOutcome[] =>
    w.env.clock.monotonicMs() < 10_000 ? entries.map(() => THROTTLED) : entries.map(entry => w.target.store(entry)),
  )
  const names = w.names(0, 2_000)
  await w.env.clock.until(Promise.all(names.map(name => w.put(name))))
  expect(new Set(w.target.stored).size).toBe(2_000)
  expect(w.target.stored).toHaveLength(2_000)
  const attempts = only(w.settled, 'r0').outcome?.attempts ?? []
  const pauses = attempts.slice(1).map(attempt => attempt.delayMs)
  expect(pauses.at(-1)).toBeGreaterThan((pauses[0] ?? 0) * 8)
  // doubling from 200 ms: about 7 tries in 10 s, where a fixed pause of 50 ms would take 200
  expect(attempts.length).toBeLessThan(10)
  expect(w.producer.metrics().errorsByCode.get('ProvisionedThroughputExceededException')).toBe(
    w.producer.metrics().retries,
  )
})

test('a lost reply is repeated after the request time-out, and may store a record twice', async () => {
  const w = world({}, (entries, call) => {
    const outcomes = entries.map(entry => w.target.store(entry))
    return call === 1 ? null : outcomes
  })
  await w.env.clock.until(w.put('a'))
  expect(w.target.stored).toEqual(['a', 'a'])
  expect(w.target.aborted).toBe(1)
  const attempts = only(w.settled, 'a').outcome?.attempts ?? []
  expect(attempts.map(attempt => [attempt.errorCode, attempt.durationMs])).toEqual([
    ['RequestTimeout', 6_000],
    [null, 0],
  ])
})

test('a call that fails as a whole, or has a wrong number of outcomes, fails each of its entries', async () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  const w = world({}, (entries, call) =>
    call === 1 ? reset : call === 2 ? [THROTTLED] : entries.map(entry => w.target.store(entry)),
  )
  await w.env.clock.until(Promise.all([w.put('a'), w.put('b')]))
  for (const name of ['a', 'b'])
    expect(only(w.settled, name).outcome?.attempts.map(attempt => attempt.errorCode)).toEqual([
      'ECONNRESET',
      'Record Count Mismatch',
      null,
    ])
  expect(w.producer.metrics()).toMatchObject({ calls: 3, callsFailed: 2, retries: 4 })
})

test('a record that never succeeds is rejected at RecordTtl, with a synthetic last attempt', async () => {
  const w = world({ RecordTtl: 1_000 }, entries => entries.map(() => INTERNAL))
  await w.env.clock.until(w.put('a'))
  const error = failureOf(only(w.settled, 'a'))
  expect(error.failure).toBe('expired')
  const codes = error.attempts.map(attempt => attempt.errorCode)
  expect(codes.at(-1)).toBe('Expired')
  expect(new Set(codes.slice(0, -1))).toEqual(new Set(['InternalFailure']))
  expect(w.target.calls).toHaveLength(codes.length - 1)
  expect(w.env.clock.monotonicMs()).toBeLessThanOrEqual(1_000)
  expect(w.producer.metrics()).toMatchObject({ recordsExpired: 1, recordsFailed: 1, outstandingRecords: 0 })
})

test('a record that waits for a free connection expires at its time to live', async () => {
  const w = world({ RecordTtl: 1_000, MaxConnections: 1, CollectionMaxCount: 1, RecordMaxBufferedTime: 0 }, () => null)
  const [a, b] = [w.put('a'), w.put('b')]
  await w.env.clock.until(b)
  expect(w.env.clock.monotonicMs()).toBe(1_000)
  expect(failureOf(only(w.settled, 'b')).attempts).toMatchObject([{ errorCode: 'Expired', delayMs: 1_000 }])
  await w.env.clock.until(a)
  expect(w.env.clock.monotonicMs()).toBe(6_000)
  expect(failureOf(only(w.settled, 'a')).attempts.map(attempt => attempt.errorCode)).toEqual([
    'RequestTimeout',
    'Expired',
  ])
})

test('an infinite RecordTtl neither expires nor overflows', async () => {
  const w = world({ RecordTtl: Number.POSITIVE_INFINITY }, (entries, call) =>
    call < 40 ? entries.map(() => INTERNAL) : entries.map(entry => w.target.store(entry)),
  )
  await w.env.clock.until(w.put('a'))
  expect(only(w.settled, 'a').outcome?.attempts).toHaveLength(40)
})

test('FailIfThrottled gives up at once, and so does an error that no repeat helps', async () => {
  const throttled = world({ FailIfThrottled: true }, entries => entries.map(() => THROTTLED))
  await throttled.env.clock.until(throttled.put('a'))
  expect(failureOf(only(throttled.settled, 'a'))).toMatchObject({ failure: 'throttled', code: 'throttled' })

  const denied = Object.assign(new Error('not authorized to perform kinesis:PutRecords'), {
    name: 'AccessDeniedException',
  })
  const permanent = world({}, () => denied)
  await permanent.env.clock.until(permanent.put('a'))
  expect(failureOf(only(permanent.settled, 'a'))).toMatchObject({ failure: 'permanent', retry: 'never' })
  expect(permanent.target.calls).toHaveLength(1)

  const kpl = world({ RetryPermanentErrors: true, RecordTtl: 1_000 }, () => denied)
  await kpl.env.clock.until(kpl.put('a'))
  expect(failureOf(only(kpl.settled, 'a')).failure).toBe('expired')
  expect(kpl.target.calls.length).toBeGreaterThan(2)
})

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })

test('with expired credentials a record has three attempts, as new ones may come, and then the error says what to do', async () => {
  const expired = named('ExpiredTokenException', 'The security token included in the request is expired')
  const renewed = world({}, (entries, call) => (call < 3 ? expired : entries.map(entry => renewed.target.store(entry))))
  await renewed.env.clock.until(renewed.put('a'))
  expect(renewed.target.stored).toEqual(['a'])

  const never = world({}, () => expired)
  await never.env.clock.until(never.put('a'))
  const error = failureOf(only(never.settled, 'a'))
  expect(never.target.calls).toHaveLength(3)
  expect(error.attempts).toMatchObject(
    Array(3).fill({ errorCode: 'ExpiredTokenException', errorMessage: expired.message }),
  )
  expect(error).toMatchObject({ failure: 'permanent', retry: 'never' })
  expect(error.message).toContain('is expired; the credentials have expired: renew them (by a new login, or')

  // an entry's own code, and failures before that were of something else
  const mixed = world({}, (entries, call) =>
    entries.map(() => (call < 5 ? INTERNAL : { errorCode: 'ExpiredToken', errorMessage: 'expired' })),
  )
  await mixed.env.clock.until(mixed.put('a'))
  expect(failureOf(only(mixed.settled, 'a')).failure).toBe('permanent')
  expect(mixed.target.calls).toHaveLength(7)

  const kpl = world({ RetryPermanentErrors: true, RecordTtl: 20_000 }, () => expired)
  await kpl.env.clock.until(kpl.put('a'))
  expect(failureOf(only(kpl.settled, 'a')).failure).toBe('expired')
  expect(kpl.target.calls.length).toBeGreaterThan(5)
})

test('credentials that are wrong fail a record at the first answer', async () => {
  for (const name of ['UnrecognizedClientException', 'InvalidSignatureException', 'CredentialsProviderError']) {
    const w = world({}, () => named(name, 'no'))
    await w.env.clock.until(w.put('a'))
    const error = failureOf(only(w.settled, 'a'))
    expect(error).toMatchObject({ failure: 'permanent', retry: 'never' })
    expect(error.message).toContain(`${name}: no; check the credentials of the client, then put again`)
    expect(w.target.calls).toHaveLength(1)
  }
})

test('one entry that the service refuses fails alone, wherever it stands among the others', async () => {
  const invalid = Object.assign(new Error('1 validation error detected'), { name: 'ValidationException' })
  for (let bad = 0; bad < 100; bad += 11) {
    const w = world({ MaxConnections: 1 }, entries =>
      entries.some(entry => entry.partitionKey === `key-r${bad}`)
        ? invalid
        : entries.map(entry => w.target.store(entry)),
    )
    const names = w.names(0, 100)
    await w.env.clock.until(Promise.all(names.map(name => w.put(name))))
    expect(w.target.stored).toHaveLength(99)
    expect(failureOf(only(w.settled, `r${bad}`))).toMatchObject({ failure: 'permanent' })
    // 100 entries are alone after 7 halvings, each of two calls
    expect(w.target.calls.length).toBeLessThanOrEqual(15)
    expect(w.target.concurrentMax).toBe(1)
    expect(w.producer.metrics()).toMatchObject({ recordsPut: 99, recordsFailed: 1, outstandingRecords: 0 })
  }
})

test('a target that refuses everything is not asked more than twice for each split', async () => {
  const w = world({}, () => new MillraceError('limit_exceeded', 'the request is too large'))
  await w.env.clock.until(Promise.all(w.names(0, 500).map(name => w.put(name))))
  expect(w.target.calls).toHaveLength(129)
  expect(w.producer.metrics()).toMatchObject({ recordsFailed: 500, outstandingRecords: 0 })
})

test('halves of a refused call expire at their time to live', async () => {
  const w = world({ RecordTtl: 1_000, RecordMaxBufferedTime: 0 }, async () => {
    await w.env.clock.sleep(400)
    return Object.assign(new Error('no'), { name: 'ValidationException' })
  })
  await w.env.clock.until(Promise.all(w.names(0, 64).map(name => w.put(name))))
  expect(w.env.clock.monotonicMs()).toBe(1_200)
  expect(w.target.calls).toHaveLength(3)
  expect(w.producer.metrics()).toMatchObject({ recordsExpired: 64, callsInFlight: 0 })
})

test('at most MaxConnections calls are under way, and what waits goes with the next free one', async () => {
  const w = world({ MaxConnections: 2, CollectionMaxCount: 10 }, async entries => {
    await w.env.clock.sleep(50)
    return entries.map(entry => w.target.store(entry))
  })
  await w.env.clock.until(Promise.all(w.names(0, 100).map(name => w.put(name))))
  expect(w.target.concurrentMax).toBe(2)
  expect(w.target.calls).toHaveLength(10)
  expect(w.env.clock.monotonicMs()).toBe(250)
})

test('records inside never exceed the limits, and those in line get in as room comes', async () => {
  const limits = { MaxOutstandingRecords: 20, MaxOutstandingBytes: 2_000, MaxUserRecordSize: 64, CollectionMaxCount: 8 }
  let most = 0
  const w = world(limits, async entries => {
    await w.env.clock.sleep(30)
    most = Math.max(most, w.producer.metrics().outstandingRecords)
    expect(w.producer.metrics().outstandingBytes).toBeLessThanOrEqual(2_000)
    return entries.map(entry => w.target.store(entry))
  })
  const names = w.names(0, 40)
  const puts = names.map(name => w.put(name))
  expect(w.producer.metrics()).toMatchObject({ outstandingRecords: 20, waitingRecords: 20 })
  void w.put('refused')
  await w.env.clock.until(Promise.all(puts))
  expect(most).toBe(20)
  expect([...w.target.stored].sort()).toEqual([...names].sort())
  const refused = only(w.settled, 'refused').error
  expect(refused).toBeInstanceOf(MillraceError)
  expect(refused).toMatchObject({ code: 'limit_exceeded', retry: 'backoff' })
})

test('a stream that accepts nothing for ten minutes fills no memory, and everything is stored once it takes records again', async () => {
  const limits = { MaxOutstandingRecords: 200, RecordTtl: Number.POSITIVE_INFINITY }
  const w = world(limits, entries =>
    w.env.clock.monotonicMs() < 600_000 ? entries.map(() => THROTTLED) : entries.map(entry => w.target.store(entry)),
  )
  let put = 0
  const run = async (): Promise<void> => {
    for (const name of w.names(0, 1_000)) {
      await w.producer.ready()
      void w.put(name)
      put++
      const { outstandingRecords, waitingRecords } = w.producer.metrics()
      expect(outstandingRecords).toBeLessThanOrEqual(200)
      expect(waitingRecords).toBe(0)
    }
    await w.producer.flush()
  }
  const done = run()
  await w.env.clock.advance(599_000)
  expect(put).toBe(200)
  await w.env.clock.until(done)
  expect(w.target.stored).toHaveLength(1_000)
  const { attempts = [] } = only(w.settled, 'r0').outcome ?? {}
  expect(attempts.length).toBeLessThanOrEqual(100)
  expect(attempts.at(0)?.errorCode).toBe('ProvisionedThroughputExceededException')
  expect(attempts.at(-1)?.errorCode).toBeNull()
})

test('a caller that awaits ready() never stands in line', async () => {
  const w = world({ MaxOutstandingRecords: 10, CollectionMaxCount: 5 }, async entries => {
    await w.env.clock.sleep(20)
    return entries.map(entry => w.target.store(entry))
  })
  const run = async (): Promise<void> => {
    for (const name of w.names(0, 300)) {
      await w.producer.ready()
      void w.put(name)
      expect(w.producer.metrics().waitingRecords).toBe(0)
    }
    await w.producer.flush()
  }
  await w.env.clock.until(run())
  expect(w.target.stored).toHaveLength(300)
})

test('a record in line expires there on its own time', async () => {
  const w = world({ MaxOutstandingRecords: 1, RecordTtl: 500, RequestTimeout: 5_000 }, () => null)
  void w.put('a')
  await w.env.clock.advance(100)
  await w.env.clock.until(w.put('b'))
  expect(w.env.clock.monotonicMs()).toBe(600)
  expect(w.producer.metrics()).toMatchObject({ waitingRecords: 0, outstandingRecords: 1 })
  await w.env.clock.until(w.producer.flush())
  expect(w.producer.metrics().outstandingRecords).toBe(0)
})

test('flush sends at once and waits for the puts before it, and for none after it', async () => {
  const w = world({ RecordMaxBufferedTime: 60_000, RecordTtl: 100_000 }, async entries => {
    await w.env.clock.sleep(50)
    return entries.map(entry => w.target.store(entry))
  })
  void w.put('a')
  const flushed = w.producer.flush()
  void w.put('later')
  await w.env.clock.until(flushed)
  expect(w.env.clock.monotonicMs()).toBe(50)
  expect(w.target.stored).toEqual(['a'])
  expect(w.settled.get('later')).toEqual([])
  await w.env.clock.until(w.producer.flush())
  expect(w.target.stored).toEqual(['a', 'later'])
  await w.producer.flush()
})

test('flush waits for repeats, which do not wait for company either', async () => {
  const w = world({ RecordMaxBufferedTime: 60_000, RecordTtl: 100_000 }, (entries, call) =>
    call === 1 ? entries.map(() => INTERNAL) : entries.map(entry => w.target.store(entry)),
  )
  void w.put('a')
  await w.env.clock.until(w.producer.flush())
  expect(w.target.stored).toEqual(['a'])
  expect(w.env.clock.monotonicMs()).toBeLessThanOrEqual(50)
})

test('close sends what is inside and then takes nothing', async () => {
  const w = world({ RecordMaxBufferedTime: 60_000, RecordTtl: 100_000 })
  void w.put('a')
  const closed = w.producer.close()
  expect(() => w.producer.put({ partitionKey: 'k', data: new Uint8Array() })).toThrow(/closed/)
  expect(await w.env.clock.until(closed)).toEqual({ abandoned: 0 })
  expect(w.target.stored).toEqual(['a'])
  expect(await w.producer.close(0)).toEqual({ abandoned: 0 })
})

test('close gives up at its deadline: calls are aborted and each put left is rejected once', async () => {
  const w = world({ MaxConnections: 1, CollectionMaxCount: 2, MaxOutstandingRecords: 3 }, (entries, call) =>
    call === 1 ? entries.map(entry => w.target.store(entry)) : null,
  )
  const puts = w.names(0, 6).map(name => w.put(name))
  expect(await w.env.clock.until(w.producer.close(1_000))).toEqual({ abandoned: 4 })
  expect(w.env.clock.monotonicMs()).toBe(1_000)
  await w.env.clock.until(Promise.all(puts))
  expect(w.target.aborted).toBe(1)
  for (const name of ['r0', 'r1']) expect(only(w.settled, name).outcome).toBeDefined()
  for (const name of w.names(2, 6)) {
    const error = failureOf(only(w.settled, name))
    expect([error.failure, error.attempts.at(-1)?.errorCode]).toEqual(['closed', 'Closed'])
  }
  await w.env.clock.run()
  expect(w.producer.metrics()).toMatchObject({ outstandingRecords: 0, waitingRecords: 0, callsInFlight: 0 })
})

test('an idle producer holds no timer', async () => {
  const w = world()
  await w.env.clock.until(w.put('a'))
  const before = w.env.clock.monotonicMs()
  await w.env.clock.run()
  expect(w.env.clock.monotonicMs()).toBe(before)
})

test('a target whose error codes never repeat fills no memory', async () => {
  let count = 0
  const w = world({ RecordTtl: Number.POSITIVE_INFINITY }, entries =>
    ++count > 200
      ? entries.map(entry => w.target.store(entry))
      : entries.map(() => ({ ...INTERNAL, errorCode: `E${count}` })),
  )
  await w.env.clock.until(w.put('a'))
  const codes = w.producer.metrics().errorsByCode
  expect(codes.size).toBe(65)
  expect([...codes.values()].reduce((sum, n) => sum + n, 0)).toBe(200)
})

test('the key may have 256 characters of any width, and what no stream takes is refused at once', () => {
  const { producer } = world({ MaxUserRecordSize: 64 })
  const data = new Uint8Array(64)
  void producer.put({ partitionKey: '😀'.repeat(256), data })
  void producer.put({ partitionKey: 'k', data, explicitHashKey: '340282366920938463463374607431768211455' })
  for (const [record, text] of [
    [{ partitionKey: '', data }, /0 characters/],
    [{ partitionKey: 'x'.repeat(257), data }, /257 characters/],
    [{ partitionKey: '😀'.repeat(257), data }, /257 characters/],
    [{ partitionKey: 'k', data: new Uint8Array(65) }, /65 bytes, the limit is 64/],
    [{ partitionKey: 'k', data, explicitHashKey: '340282366920938463463374607431768211456' }, /hash key/],
    [{ partitionKey: 'k', data, explicitHashKey: '-1' }, /hash key/],
    [{ partitionKey: 'k', data, explicitHashKey: '' }, /hash key/],
    [{ partitionKey: 'k', data, explicitHashKey: '0x10' }, /hash key/],
  ] as const)
    expect(() => producer.put(record)).toThrow(text)
  for (const nothing of [null, undefined, 'clicks'])
    expect(() => producer.put(nothing as never)).toThrow(`${nothing} is no record; give { partitionKey, data }`)
  expect(producer.metrics().recordsReceived).toBe(2)
})

test('a key of 300 characters and a record of 11 MiB are refused at the call, and nothing else is disturbed', async () => {
  const { env, producer, target } = world({ MaxUserRecordSize: 10 * 1_048_576 })
  const put = (text: string) => producer.put({ partitionKey: `k-${text}`, data: Buffer.from(text) })
  const before = ['a', 'b'].map(put)
  expect(() => producer.put({ partitionKey: 'x'.repeat(300), data: Buffer.from('c') })).toThrow(
    expect.objectContaining({
      code: 'invalid_argument',
      message: 'put: partition key has 300 characters; give 1 to 256 Unicode characters',
    }),
  )
  expect(() => producer.put({ partitionKey: 'k', data: new Uint8Array(11 * 1_048_576) })).toThrow(
    expect.objectContaining({
      code: 'invalid_argument',
      message: expect.stringMatching(/^put: data has 11534336 bytes, the limit is 10485760; split the record/),
    }),
  )
  await env.clock.until(Promise.all([...before, put('d')]))
  expect(target.stored).toEqual(['a', 'b', 'd'])
  expect(producer.metrics()).toMatchObject({ recordsReceived: 3, recordsPut: 3, recordsFailed: 0 })
  expect((await env.clock.until(producer.close())).abandoned).toBe(0)
})

test('the largest record is what the stream says, and is asked for again where it refuses and is a minute old', async () => {
  const env = memoryEnv()
  const target = Object.assign(new ScriptedTarget(), { asked: 0, limit: 2_000_000 })
  const recordBytesMax = async (): Promise<number> => {
    target.asked++
    return target.limit
  }
  const producer = new Producer({
    target: Object.assign(target, { recordBytesMax }),
    env,
    configuration: { MaxUserRecordSize: 10 * 1_048_576 },
  })
  const large = { partitionKey: 'k', data: new Uint8Array(3_000_000) }
  await env.clock.until(producer.mapped())
  target.limit = 5_000_000
  expect(() => producer.put(large)).toThrow(/takes records of 2000000/)
  expect(target.asked).toBe(1)
  await env.clock.advance(60_000)
  expect(() => producer.put(large)).toThrow(/takes records of 2000000/)
  await env.clock.advance(1)
  await env.clock.until(producer.put(large))
  expect(target.asked).toBe(2)
})

test('where a stream may not be asked for its largest record, MaxUserRecordSize alone holds', async () => {
  const env = memoryEnv()
  const target = Object.assign(new ScriptedTarget(), {
    recordBytesMax: async (): Promise<number> => {
      throw Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' })
    },
  })
  const producer = new Producer({ target, env, configuration: { MaxUserRecordSize: 10 * 1_048_576 } })
  await env.clock.until(producer.mapped())
  await env.clock.until(producer.put({ partitionKey: 'k', data: new Uint8Array(3_000_000) }))
  expect(target.stored).toHaveLength(1)
})

test('a request holds 10 MiB with the key, so a record of 10 MiB and its key is refused', () => {
  const { producer } = world({ MaxUserRecordSize: 10 * 1_048_576 })
  const data = new Uint8Array(10 * 1_048_576)
  expect(() => producer.put({ partitionKey: 'k', data })).toThrow(/one request holds/)
  void producer.put({ partitionKey: 'k', data: data.subarray(1) })
})

test('an explicit hash key is sent in base 10 without leading zeros', async () => {
  const { env, target, producer } = world()
  await env.clock.until(producer.put({ partitionKey: 'k', data: new Uint8Array(), explicitHashKey: '007' }))
  expect(target.calls[0]?.[0]?.explicitHashKey).toBe('7')
})

test('a setting out of range, or no setting at all, is refused by name', () => {
  const target = new ScriptedTarget()
  const env = memoryEnv()
  for (const [configuration, text] of [
    [{ CollectionMaxCount: 501 }, /CollectionMaxCount is 501; give a whole number from 1 to 500/],
    [{ RecordTtl: 99 }, /RecordTtl is 99; give a whole number of at least 100/],
    [{ MaxOutstandingBytes: 1_000 }, /MaxOutstandingBytes/],
  ] as const)
    expect(() => new Producer({ target, env, configuration })).toThrow(text)
  const unknown: object = { AggregationMaxSizes: 1 }
  expect(() => new Producer({ target, env, configuration: unknown })).toThrow(/AggregationMaxSizes is not known/)
})

test('under random trouble each put settles once, what is reported stored is stored, and limits hold', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const env = memoryEnv({ seed })
    const { clock, random } = env
    const target: ScriptedTarget = new ScriptedTarget(async entries => {
      await clock.sleep(random.below(200))
      const kind = random.below(10)
      if (kind === 0) return null
      if (kind === 1) return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
      if (kind === 2) {
        for (const entry of entries) target.store(entry)
        return new Error('reply lost')
      }
      const bad = random.next() * random.next()
      return entries.map(entry =>
        random.next() < bad ? (random.below(2) === 0 ? THROTTLED : INTERNAL) : target.store(entry),
      )
    })
    const configuration = {
      CollectionMaxCount: 1 + random.below(20),
      MaxConnections: 1 + random.below(4),
      MaxOutstandingRecords: 10 + random.below(100),
      RecordMaxBufferedTime: random.below(100),
      RecordTtl: 200 + random.below(5_000),
      RequestTimeout: 100 + random.below(1_000),
    }
    const producer = new Producer({ target, env, configuration })
    const ends = new Map<string, number>()
    const ok: string[] = []
    let refused = 0
    let slowest = 0
    const one = async (name: string): Promise<void> => {
      const putAt = clock.monotonicMs()
      try {
        await producer.put({ partitionKey: name, data: new TextEncoder().encode(name) })
        ok.push(name)
      } catch (error) {
        if (!(error instanceof PutError)) refused++
      }
      slowest = Math.max(slowest, clock.monotonicMs() - putAt)
      ends.set(name, (ends.get(name) ?? 0) + 1)
    }
    const run = async (): Promise<void> => {
      const all: Promise<void>[] = []
      for (let i = 0; i < 400; i++) {
        if (random.below(20) === 0) await clock.sleep(random.below(300))
        if (random.below(40) === 0) void producer.flush()
        if (random.below(4) === 0) await producer.ready()
        all.push(one(`s${seed}-${i}`))
        expect(producer.metrics().outstandingRecords).toBeLessThanOrEqual(configuration.MaxOutstandingRecords)
      }
      await producer.close(random.below(2) === 0 ? random.below(2_000) : Number.POSITIVE_INFINITY)
      await Promise.all(all)
    }
    await clock.until(run())
    expect([...ends.values()].every(n => n === 1) && ends.size === 400, `seed ${seed}`).toBe(true)
    const stored = new Set(target.stored)
    for (const name of ok) expect(stored.has(name), `seed ${seed}: ${name} was reported stored`).toBe(true)
    expect(slowest, `seed ${seed}`).toBeLessThanOrEqual(configuration.RecordTtl + configuration.RequestTimeout)
    const metrics = producer.metrics()
    expect(metrics, `seed ${seed}`).toMatchObject({
      recordsReceived: 400 - refused,
      recordsPut: ok.length,
      recordsFailed: 400 - refused - ok.length,
      outstandingRecords: 0,
      outstandingBytes: 0,
      waitingRecords: 0,
    })
    await clock.run()
  }
})
