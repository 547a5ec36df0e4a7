/** Error records read back, chosen, and redriven each once, whatever dies in the middle. */
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { errorObjectsIn, errorRecordsOf } from '../../../sinks/dlq/error-records.ts'
import { errorFilter } from '../../../sinks/dlq/filter.ts'
import { type RedriveReport, redrive } from '../../../sinks/dlq/redrive.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import type { DeliveryStreamOptions } from '../../../sinks/pipeline/stream-options.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { type ObjectWriter, type OpenStore, putWhole } from '../../../sinks/stores/store.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { extendedS3 } from '../support/definitions.ts'

const START = Date.UTC(2026, 10, 22, 12)
const base64 = (text: string): string => Buffer.from(text).toString('base64')

function line(text: string, more: Readonly<Record<string, unknown>> = {}): string {
  const times = { attemptsMade: 2, arrivalTimestamp: START, attemptEndingTimestamp: START + 1_000 }
  return JSON.stringify({
    rawData: base64(text),
    errorCode: 'Lambda.FunctionError',
    errorMessage: 'it threw',
    ...times,
    ...more,
  })
}

async function errors(objects: Readonly<Record<string, string | Uint8Array>>): Promise<MemoryStore> {
  const store = new MemoryStore()
  for (const [key, text] of Object.entries(objects)) await putWhole(store, key, Buffer.from(text))
  return store
}

const all = (): boolean => true

describe('error records', () => {
  it('are read from lines, from objects with nothing between them, and gzipped; numbers may be text', async () => {
    const [a, b] = [line('one'), line('two', { attemptsMade: '3', arrivalTimestamp: String(START) })]
    for (const body of [`${a}\n${b}\n`, a + b, `${a} ${b}`, gzipSync(`${a}\n${b}`)]) {
      const store = await errors({ 'e/processing-failed/x': body })
      const records = await errorRecordsOf(store, 'e/processing-failed/x')
      expect(records.map(({ rawData }) => Buffer.from(rawData).toString())).toEqual(['one', 'two'])
      expect(records.map(({ attempts, arrivedAt }) => [attempts, arrivedAt])).toEqual([
        [2, START],
        [3, START],
      ])
    }
  })

  it.each([
    ['e/processing-failed/2026/x', {}, 'processing-failed'],
    ['e/AmazonOpenSearchService_failed/x', { esDocumentId: '1', esIndexName: 'i' }, 'AmazonOpenSearchService-failed'],
    ['plain/x', { esDocumentId: '1' }, 'AmazonOpenSearchService-failed'],
    ['plain/x', { EventId: '1.0' }, 'splunk-failed'],
    ['plain/x', { dataId: '1.0', subsequenceNumber: 0 }, 'http-endpoint-failed'],
    ['plain/x', { errorCode: undefined, lastErrorCode: 'DataFormatConversion.ParseError' }, 'format-conversion-failed'],
    ['plain/x', { lambdaARN: 'arn' }, 'processing-failed'],
    ['e/type=decompression-failed/x', {}, 'decompression-failed'],
  ])('of %s with %o are of stage %s%s', async (key, more, type) => {
    const [record] = await errorRecordsOf(await errors({ [key]: line('x', more) }), key)
    expect(record?.type).toBe(type)
    expect(record?.code).toBe('lastErrorCode' in more ? 'DataFormatConversion.ParseError' : 'Lambda.FunctionError')
  })

  it.each([
    ['{"rawData":', /error records in JSON/],
    ['{"errorCode":"x"}', /record 0 has no rawData/],
    [new Uint8Array([0x1f, 0x8b, 0, 1]), /gzip is damaged/],
  ])('are not what %s holds', async (body, message) => {
    await expect(errorRecordsOf(await errors({ x: body }), 'x')).rejects.toThrow(message)
  })

  it('are chosen by stage, error and time', async () => {
    const store = await errors({
      'e/processing-failed/a': `${line('1', { errorCode: 'Lambda.FunctionError' })}\n${line('2', { errorCode: 'DynamicPartitioning.X', millrace: { stage: 'DynamicPartitioning' } })}`,
      'e/format-conversion-failed/b': line('3', {
        errorCode: undefined,
        lastErrorCode: 'DataFormatConversion.ParseError',
        attemptEndingTimestamp: START + 5_000,
      }),
    })
    const chosen = async (filter: Parameters<typeof errorFilter>[0]): Promise<string> => {
      const found: string[] = []
      for (const key of await errorObjectsIn(store, 'e/'))
        for (const record of (await errorRecordsOf(store, key)).filter(errorFilter(filter)))
          found.push(Buffer.from(record.rawData).toString())
      return found.sort().join('')
    }
    expect(await chosen({})).toBe('123')
    expect(await chosen({ stage: 'processing-failed' })).toBe('12')
    expect(await chosen({ stage: 'format-conversion' })).toBe('3')
    expect(await chosen({ stage: 'DynamicPartitioning' })).toBe('2')
    expect(await chosen({ error: 'Lambda.FunctionError' })).toBe('1')
    expect(await chosen({ error: 'Lambda' })).toBe('')
    expect(await chosen({ error: '*.ParseError' })).toBe('3')
    expect(await chosen({ error: 'D*.*' })).toBe('23')
    expect(await chosen({ since: START + 1_000, until: START + 5_000 })).toBe('12')
    expect(await chosen({ since: START + 1_001 })).toBe('3')
  })
})

class Died extends Error {}

/** Counts calls over several stores and ends the process at one of them, before or after its effect. */
class Fate {
  calls = 0
  #dead = false
  readonly #at: number
  readonly #after: boolean

  constructor(at: number, after: boolean) {
    this.#at = at
    this.#after = after
  }

  async call<T>(effect: () => Promise<T>): Promise<T> {
    if (this.#dead) throw new Died()
    const dies = this.calls++ === this.#at
    this.#dead ||= dies
    if (dies && !this.#after) throw new Died()
    const result = await effect()
    if (dies) throw new Died()
    return result
  }
}

function mortal(store: OpenStore, fate: Fate): OpenStore {
  return {
    place: store.place,
    begin: async (...given): Promise<ObjectWriter> => {
      const writer = await fate.call(() => store.begin(...given))
      return {
        write: bytes => fate.call(() => writer.write(bytes)),
        complete: () => fate.call(() => writer.complete()),
        abort: () => fate.call(() => writer.abort()),
      }
    },
    list: prefix => store.list(prefix),
    read: key => store.read(key),
    remove: key => fate.call(() => store.remove(key)),
    publish: (...given) => fate.call(() => store.publish(...given)),
  }
}

let lives = 0

function run(
  dead: OpenStore,
  lake: OpenStore,
  wanted: Parameters<typeof redrive>[2] = all,
  members: Readonly<Record<string, unknown>> = { Prefix: 'again/' },
): Promise<RedriveReport> {
  const random = seededRandom(++lives)
  return redrive(
    {
      errors: dead,
      random,
      staged: true,
      store: () => lake,
      stream: staging =>
        new DeliveryStream(
          {
            definition: extendedS3(members) as DeliveryStreamOptions['definition'],
            delimiter: 'after',
            ...(staging !== null && { staging }),
          },
          { clock: new SimClock(START), random, store: () => lake },
        ),
    },
    'e/',
    wanted,
  )
}

function again(lake: MemoryStore): readonly string[] {
  return [...lake.objects]
    .filter(([key]) => key.startsWith('again/'))
    .flatMap(([, body]) => Buffer.from(body).toString().trimEnd().split('\n'))
    .sort()
}

const OBJECTS = {
  'e/processing-failed/a': `${line('a1')}\n${line('a2', { errorCode: 'Other' })}\n${line('a3')}\n`,
  'e/processing-failed/b': line('b1') + line('b2'),
}

describe('a redrive', () => {
  it('delivers each record once, however often it runs, and tells what had been before', async () => {
    const [dead, lake] = [await errors(OBJECTS), new MemoryStore()]
    expect(await run(dead, lake)).toMatchObject({ objects: 2, redriven: 5, before: 0, failed: 0, recovered: 0 })
    expect(again(lake)).toEqual(['a1', 'a2', 'a3', 'b1', 'b2'])
    expect(await run(dead, lake)).toMatchObject({ objects: 2, redriven: 0, before: 5 })
    expect(again(lake)).toEqual(['a1', 'a2', 'a3', 'b1', 'b2'])
    expect([...lake.objects.keys()].filter(key => key.startsWith('_staged/'))).toEqual([])
  })

  it('takes what a filter means, and the rest later', async () => {
    const [dead, lake] = [await errors(OBJECTS), new MemoryStore()]
    expect(await run(dead, lake, errorFilter({ error: 'Other' }))).toMatchObject({ objects: 1, redriven: 1 })
    expect(again(lake)).toEqual(['a2'])
    expect(await run(dead, lake)).toMatchObject({ redriven: 4, before: 1 })
    expect(again(lake)).toEqual(['a1', 'a2', 'a3', 'b1', 'b2'])
  })

  it('delivers nothing twice and loses nothing when it dies at any call of its stores, before or after the effect', async () => {
    for (const after of [false, true])
      for (let at = 0; ; at++) {
        const [dead, lake] = [await errors(OBJECTS), new MemoryStore()]
        const fate = new Fate(at, after)
        const died = await run(mortal(dead, fate), mortal(lake, fate)).then(
          () => false,
          (error: unknown) => {
            if (!(error instanceof Died)) throw error
            return true
          },
        )
        for (const store of [dead, lake]) store.crash()
        const { redriven, before } = await run(dead, lake)
        expect(again(lake), `${at} ${after}`).toEqual(['a1', 'a2', 'a3', 'b1', 'b2'])
        expect(redriven + before).toBe(5)
        if (!died && fate.calls <= at) {
          expect(at).toBeGreaterThan(20)
          break
        }
      }
  })

  it('keeps what fails again as new error records, which the next one takes', async () => {
    const dead = await errors({
      'e/processing-failed/a': `${line('not json')}\n${line('{"x":1}{"x":2}')}`,
    })
    const members = {
      Prefix: 'again/',
      ErrorOutputPrefix: 'e/!{firehose:error-output-type}/',
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          { Type: 'RecordDeAggregation', Parameters: [{ ParameterName: 'SubRecordType', ParameterValue: 'JSON' }] },
        ],
      },
    }
    expect(await run(dead, dead, all, members)).toMatchObject({ redriven: 2, failed: 1, before: 0 })
    expect(again(dead)).toEqual(['{"x":1}', '{"x":2}'])
    expect(await run(dead, dead, all, members)).toMatchObject({ redriven: 1, failed: 1, before: 2 })
    expect(again(dead)).toEqual(['{"x":1}', '{"x":2}'])
  })

  it('gives way to another one that is at work on the same object', async () => {
    const [dead, lake] = [await errors(OBJECTS), new MemoryStore()]
    const rival = run(dead, lake)
    const outcome = await run(dead, lake).catch((error: unknown) => error)
    await rival.catch(() => {})
    await run(dead, lake)
    expect(again(lake)).toEqual(['a1', 'a2', 'a3', 'b1', 'b2'])
    expect(outcome).toMatchObject({ code: 'already_exists' })
  })

  it('passes over what is no error object, by name', async () => {
    const dead = await errors({ ...OBJECTS, 'e/strange': 'plain text' })
    const { unreadable, redriven } = await run(dead, new MemoryStore())
    expect([unreadable.length, redriven]).toEqual([1, 5])
    expect(unreadable[0]).toContain('e/strange')
  })
})
