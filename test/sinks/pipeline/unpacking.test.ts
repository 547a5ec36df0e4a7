/** Records of several: de-aggregation, and what a subscription of CloudWatch Logs sends. */
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import { type Json, processors } from '../support/definitions.ts'
import { errorsIn, put, START, texts, world } from './world.ts'

const errors = { ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/' }

describe('de-aggregation', () => {
  it.each<[Json, string, string]>([
    [
      { SubRecordType: 'JSON' },
      '{"a":1}{"a":2} [3]\n"x}" 4 5{"b":"}\\""}',
      '{"a":1}|{"a":2}|[3]|"x}"|4|5|{"b":"}\\""}',
    ],
    [{ SubRecordType: 'JSON' }, '[{"a":1},{"a":2}]', '[{"a":1},{"a":2}]'],
    [{ SubRecordType: 'JSON' }, ' \n ', ''],
    [{ SubRecordType: 'DELIMITED', Delimiter: 'Cg==' }, 'a\nb\n', 'a|b'],
    [{ SubRecordType: 'DELIMITED', Delimiter: 'Cg==' }, 'a\n\nb', 'a||b'],
    [{ SubRecordType: 'DELIMITED', Delimiter: 'IyM=' }, 'a#b##c', 'a#b|c'],
    [
      { SubRecordType: 'DELIMITED', Delimiter: 'Cg==' },
      'x\n'.repeat(500),
      Array.from({ length: 500 }, () => 'x').join('|'),
    ],
    [{ SubRecordType: 'DELIMITED', Delimiter: 'Cg==' }, 'x\n'.repeat(501), 'x\n'.repeat(501)],
  ])('by %j of %j', async (parameters, record, expected) => {
    const { stream, lake } = world({ ...processors(['RecordDeAggregation', parameters], ['AppendDelimiterToRecord']) })
    await put(stream, record)
    await stream.close()
    expect(
      texts(lake)
        .map(([, text]) => text)
        .join(''),
    ).toBe(expected.includes('\n') ? expected : expected.replaceAll('|', '\n'))
  })

  it('sends what is no JSON to the error output, with the record as it came', async () => {
    const { stream, lake } = world({ ...errors, ...processors(['RecordDeAggregation', { SubRecordType: 'JSON' }]) })
    await put(stream, '{"a":1}{"a":')
    await stream.close()
    expect(errorsIn(lake, 'errors/processing-failed/')).toEqual([
      {
        rawData: Buffer.from('{"a":1}{"a":').toString('base64'),
        errorCode: 'RecordDeAggregation.ParseError',
        errorMessage: 'the record is no row of JSON documents',
        attemptsMade: 1,
        arrivalTimestamp: START,
        attemptEndingTimestamp: START,
        millrace: { recordId: '00000000000000000000', stage: 'RecordDeAggregation' },
      },
    ])
  })
})

describe('CloudWatch Logs', () => {
  const logs = processors(
    ['CloudWatchLogProcessing', { DataMessageExtraction: 'true' }],
    ['Decompression', { CompressionFormat: 'GZIP' }],
  )
  const packed = (value: unknown): string => gzipSync(JSON.stringify(value)).toString('latin1')
  const putBytes = (stream: DeliveryStream, text: string): Promise<unknown> =>
    stream.putRecord({ Data: Buffer.from(text, 'latin1') })

  it('messages end in a line feed each; control messages are empty records', async () => {
    const { stream, lake } = world({ ...errors, ...logs })
    await putBytes(
      stream,
      packed({ messageType: 'DATA_MESSAGE', logEvents: [{ message: 'one' }, { message: 'zwei ü' }] }),
    )
    await putBytes(stream, packed({ messageType: 'CONTROL_MESSAGE', logEvents: [] }))
    await putBytes(stream, 'no gzip')
    await putBytes(stream, packed({ no: 'type' }))
    await stream.close()
    expect(texts(lake)[0]).toEqual(['2026/11/22/23/*', 'one\nzwei ü\n'])
    expect(stream.manifest.objects[0]?.rows).toBe(2)
    expect(errorsIn(lake, 'errors/decompression-failed/')).toMatchObject([
      { errorCode: 'Decompression.Failed', rawData: Buffer.from('no gzip').toString('base64') },
    ])
    expect(errorsIn(lake, 'errors/processing-failed/')).toMatchObject([
      { errorCode: 'CloudWatchLogProcessing.InvalidRecord' },
    ])
  })
})
