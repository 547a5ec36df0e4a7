/** Dynamic partitioning of a delivery stream: which buffer a record goes to, and what happens at the limit. */
import { beforeAll, describe, expect, it } from 'vitest'
import { MEBIBYTE } from '../../../core/index.ts'
import type { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import { jqQuery } from '../../../sinks/pipeline/key-query.ts'
import type { MemoryStore } from '../../../sinks/stores/memory.ts'
import { PARTITIONED, processors } from '../support/definitions.ts'
import { errorsIn, put, texts, world } from './world.ts'

describe('dynamic partitioning', () => {
  // Loading jq takes turns of the real loop, which no simulated clock waits for.
  beforeAll(() => jqQuery('{a: 1}', ['a']))

  const members = {
    ...PARTITIONED,
    Prefix: 'c=!{partitionKeyFromQuery:customer}/!{timestamp:HH}/!{firehose:random-string}/',
  }
  const row = (customer: unknown): string => JSON.stringify({ customer })
  const prefixes = (store: MemoryStore): readonly string[] =>
    [...store.objects.keys()].map(key => key.split('/').slice(0, 2).join('/'))

  it('gives each evaluated prefix one buffer; random strings and times make none', async () => {
    const { clock, stream, lake } = world(members)
    await put(stream, row('a'), row('b'), row('a'))
    await clock.advance(240_000)
    await put(stream, row('a'), row(7), row(true))
    await clock.advance(0)
    expect(stream.partitionCount).toBe(4)
    await stream.close()
    // The oldest record of each names its hour: 23 for the first two, 00 of the next day for the others.
    expect(prefixes(lake)).toEqual(['c=b/23', 'c=a/23', 'c=7/00', 'c=true/00'])
    expect(texts(lake)[1]?.[1]).toBe(row('a').repeat(3))
  })

  it.each<[string, string, string]>([
    ['no JSON', '{"customer":', 'the record is no JSON document'],
    ['nothing', '', 'the record is no JSON document'],
    ['null', row(null), 'key "customer" is null'],
    ['a missing key', '{}', 'key "customer" is null'],
    ['an object', row({}), 'key "customer" is no text, number or boolean'],
    ['an empty text', row(''), 'key "customer" is empty'],
    ['an array', '[1]', 'Cannot index array'],
  ])('fails records with %s alone', async (_, record, message) => {
    const { stream, lake } = world(members)
    await put(stream, row('a'), record, row('a'))
    await stream.close()
    expect(texts(lake)[0]?.[1]).toBe(row('a').repeat(2))
    expect(errorsIn(lake, 'errors/processing-failed/')).toMatchObject([
      {
        errorCode: 'DynamicPartitioning.MetadataExtractionFailed',
        errorMessage: expect.stringContaining(message),
        rawData: Buffer.from(record).toString('base64'),
      },
    ])
  })

  it('keeps apart what a program reads or halts by itself', async () => {
    for (const [MetadataExtractionQuery, delivered] of [
      ['{customer: (.customer, "x")}', []],
      ['{customer: (try input.customer catch "alone")}', ['c=alone/23']],
      ['{customer: (if .customer == "a" then halt else .customer end)}', ['c=b/23']],
      ['{customer: .customer} # a comment', ['c=a/23', 'c=b/23']],
    ] as const) {
      const query = processors(['MetadataExtraction', { MetadataExtractionQuery, JsonParsingEngine: 'JQ-1.6' }])
      const outline = MetadataExtractionQuery.includes('#')
      if (outline) {
        expect(() => world({ ...members, ...query })).toThrow('QUERY_ENGINE')
        continue
      }
      const { stream, lake } = world({ ...members, ...query })
      await put(stream, row('a'), row('b'))
      await stream.close()
      expect(prefixes(lake).filter(prefix => prefix.startsWith('c='))).toEqual(delivered)
    }
  })

  it('takes the example of the guide', async () => {
    const query = '{customer_id:.customer_id,device:.type.device,year:.event_timestamp|strftime("%Y")}'
    const { stream, lake } = world({
      ...PARTITIONED,
      Prefix: '!{partitionKeyFromQuery:customer_id}/!{partitionKeyFromQuery:device}/!{partitionKeyFromQuery:year}/',
      ...processors(['MetadataExtraction', { MetadataExtractionQuery: query, JsonParsingEngine: 'JQ-1.6' }]),
    })
    await put(
      stream,
      '{"type":{"device":"mobile","event":"view"},"customer_id":"1234567890","event_timestamp":1565382027}',
    )
    await stream.close()
    expect(texts(lake).map(([key]) => key)).toEqual(['1234567890/mobile/2019/*'])
  })

  it('takes keys of the transform, and fails records without them', async () => {
    const { stream, lake } = world(
      {
        ...PARTITIONED,
        Prefix: '!{partitionKeyFromLambda:kind}/',
        ...processors(['Lambda', { LambdaArn: 'arn:f' }]),
      },
      {},
      {
        transform: async ({ records }) => ({
          records: records.map(({ recordId, data }, index) => ({
            recordId,
            result: 'Ok',
            data,
            ...(index > 0 && { metadata: { partitionKeys: { kind: '../up' } } }),
          })),
        }),
      },
    )
    await put(stream, 'a', 'b')
    await stream.close()
    expect(texts(lake)[0]).toEqual(['%2E.%2Fup/*', 'b'])
    expect(errorsIn(lake, 'errors/')).toMatchObject([
      {
        errorCode: 'DynamicPartitioning.PrefixEvaluationFailed',
        errorMessage: '!{partitionKeyFromLambda:kind}: the record has no value for it',
      },
    ])
  })

  it('fails records whose prefix becomes too long', async () => {
    const { stream, lake } = world({ ...members, Prefix: `${'x'.repeat(400)}!{partitionKeyFromQuery:customer}/` })
    await put(stream, row('y'.repeat(150)), row('ok'))
    await stream.close()
    expect(errorsIn(lake, 'errors/')).toMatchObject([{ errorCode: 'DynamicPartitioning.PrefixEvaluationFailed' }])
    expect(lake.objects.size).toBe(2)
  })

  it('at the limit sends further partitions to the error output, makes room, or waits, as the policy says', async () => {
    const names = Array.from({ length: 501 }, (_, index) => `p${index}`)
    const load = async (stream: DeliveryStream): Promise<void> => {
      await put(stream, ...names.slice(0, 500).map(row))
      await put(stream, row('p500'), row('p1'))
    }
    const error = world(members, { overflow: 'error' })
    await load(error.stream)
    await error.stream.close()
    expect(errorsIn(error.lake, 'errors/')).toMatchObject([
      { errorCode: 'DynamicPartitioning.ActivePartitionLimitExceeded' },
    ])
    expect(error.stream.metrics.get('PartitionCountExceeded')).toBe(1)

    const oldest = world(members)
    await load(oldest.stream)
    await oldest.clock.drain()
    expect(oldest.stream.partitionCount).toBe(500)
    expect(oldest.stream.manifest.objects.map(({ key, reason }) => [key.split('/')[0], reason])).toEqual([
      ['c=p0', 'partitions'],
    ])
    await oldest.stream.close()
    expect(oldest.stream.manifest.totals.rows).toBe(502)

    const block = world(members, { overflow: 'block' })
    await load(block.stream)
    await block.clock.drain()
    expect(block.stream.manifest.totals.objects).toBe(0)
    await block.clock.advance(300_000)
    await block.clock.until(block.stream.close())
    expect(block.stream.manifest.objects[0]).toMatchObject({ reason: 'interval' })
    expect(block.stream.manifest.totals.rows).toBe(502)
  })

  it('holds a bounded number of bytes over all partitions', async () => {
    const { stream, lake } = world(members, { heldBytesMax: MEBIBYTE })
    const wide = (customer: string): string => JSON.stringify({ customer, pad: 'p'.repeat(300_000) })
    for (let i = 0; i < 12; i++) await put(stream, wide(`c${i % 6}`))
    await stream.flush()
    expect(lake.objects.size).toBe(6)
    expect(stream.manifest.totals.rows).toBe(12)
  })

  it('is told at start when the query does not compile', async () => {
    const bad = processors([
      'MetadataExtraction',
      { MetadataExtractionQuery: '{customer: nosuch(1)}', JsonParsingEngine: 'JQ-1.6' },
    ])
    const { stream } = world({ ...members, ...bad })
    await put(stream, row('a'))
    await expect(stream.close()).rejects.toThrow('MetadataExtractionQuery does not compile: ')
  })
})
