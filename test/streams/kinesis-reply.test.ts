import { describe, expect, test } from 'vitest'
import { hasCode } from '../../core/index.ts'
import { readCborReply } from '../../streams/kinesis/cbor-reply.ts'
import { JsonReplyReader } from '../../streams/kinesis/json-reply.ts'
import { WireReader } from '../../streams/kinesis/wire-reader.ts'
import { seededRandom } from '../support/memory-env.ts'
import { cborOf, replyBody, type Told, told, toldBySdk } from './kinesis-support.ts'

const SHARD = 'shardId-000000000000'
const fast = new JsonReplyReader()
const slow = new JsonReplyReader(false)
const wire = WireReader.create()

function read(reader: JsonReplyReader, body: string | Uint8Array): Told | string {
  try {
    return told(reader.read([Buffer.from(body)], SHARD))
  } catch (error) {
    if (!hasCode(error, 'internal')) throw error
    return error.message
  }
}

function isProven(body: string | Uint8Array): boolean {
  return wire?.read([Buffer.from(body)], SHARD) != null
}

const RECORD =
  '{"ApproximateArrivalTimestamp":1.768478400123E9,"Data":"eyJhIjoxfQ==","PartitionKey":"k","SequenceNumber":"4959"}'
const TAIL = '"MillisBehindLatest":0,"NextShardIterator":"AAAA=="'
const CHILDREN =
  '"ChildShards":[{"ShardId":"shardId-000000000001","ParentShards":["shardId-000000000000"],"HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"340282366920938463463374607431768211455"}}]'
const withRecord = (record: string): string => `{"Records":[${record}],${TAIL}}`
const withMember = (from: string | RegExp, to: string): string => withRecord(RECORD.replace(from, to))

/** Bodies that one pass reads. */
const PROVEN: Readonly<Record<string, string>> = {
  'as the service writes it': `{"MillisBehindLatest":0,"NextShardIterator":"AAAA==","Records":[${RECORD}]}`,
  'another order': withRecord(
    '{"SequenceNumber":"4959","Data":"eyJhIjoxfQ==","PartitionKey":"k","ApproximateArrivalTimestamp":1768478400.123}',
  ),
  blanks: ` {\n "Records" : [ ${RECORD.replaceAll(',', ' ,\t').replaceAll(':', ' : ')} , ${RECORD} ] ,\r\n ${TAIL} } `,
  'no records': `{"Records":[],${TAIL}}`,
  'no records, with a blank': `{"Records":[ ],${TAIL}}`,
  'the end of a shard': `{"Records":[${RECORD}],"MillisBehindLatest":0,"NextShardIterator":null,${CHILDREN}}`,
  'the end of a shard, without a member': `{"Records":[${RECORD}],"MillisBehindLatest":0,${CHILDREN}}`,
  'no children': `{"Records":[],"ChildShards":[],${TAIL}}`,
  'empty data': withMember('eyJhIjoxfQ==', ''),
  'one byte': withMember('eyJhIjoxfQ==', '/w=='),
  'two bytes': withMember('eyJhIjoxfQ==', '+/8='),
  'bits behind the last byte': withMember('eyJhIjoxfQ==', '/x=='),
  'an encryption type': withMember('"PartitionKey"', '"EncryptionType":"KMS","PartitionKey"'),
  'no encryption type': withMember('"PartitionKey"', '"EncryptionType":null,"PartitionKey"'),
  'a key beyond ASCII': withMember('"k"', '"schlüssel-日本-😀"'),
  'an empty key': withMember('"k"', '""'),
  'whole seconds': withMember('1.768478400123E9', '1768478400'),
  'half a millisecond': withMember('1.768478400123E9', '1768478400.1235'),
  'seconds with an exponent below 0': withMember('1.768478400123E9', '1768478400123e-3'),
  'data of all lengths': replyBody(200),
  'data of all sixes of bits': withMember(
    'eyJhIjoxfQ==',
    Buffer.from(Array.from({ length: 768 }, (_, i) => (i * 89) & 255)).toString('base64'),
  ),
}

/** Bodies that JSON.parse reads because one pass does not prove them. */
const PARSED: Readonly<Record<string, string>> = {
  'a member that is not known': `{"Records":[${RECORD}],${TAIL},"Extra":{"a":[1,"}"]}}`,
  'a record with a member that is not known': withMember('"PartitionKey"', '"Extra":1,"PartitionKey"'),
  'an escape in a key': withMember('"k"', '"k\\n\\u00e9\\""'),
  'an escaped slash in the data': withMember('eyJhIjoxfQ==', '\\/\\/\\/\\/'),
  'a name with an escape': withMember('"Data"', '"D\\u0061ta"'),
  'the same member twice': withMember('"PartitionKey"', '"PartitionKey":"j","PartitionKey"'),
  'the records twice': `{"Records":[${RECORD}],"Records":[],${TAIL}}`,
}

/** Bodies that are no reply. */
const BROKEN: Readonly<Record<string, string>> = {
  nothing: '',
  'no JSON': '<html>',
  'cut off': `{"Records":[${RECORD}`,
  'more behind it': `{"Records":[${RECORD}],${TAIL}} x`,
  'two replies': `{"Records":[],${TAIL}}{"Records":[],${TAIL}}`,
  'no list of records': `{"Records":{},${TAIL}}`,
  'a record that is none': withRecord('5'),
  'a comma at the end': withRecord(`${RECORD},`),
  'no millis': '{"Records":[]}',
  'data that are no base64': withMember('eyJhIjoxfQ==', 'eyJ!IjoxfQ=='),
  'data without padding': withMember('eyJhIjoxfQ==', 'eyJhIjoxfQ'),
  'data with padding inside': withMember('eyJhIjoxfQ==', 'eyJh=joxfQ=='),
  'data with too much padding': withMember('eyJhIjoxfQ==', 'eyJhIjoxf==='),
  'data of another alphabet': withMember('eyJhIjoxfQ==', '_-8='),
  'no data': withMember('"Data":"eyJhIjoxfQ==",', ''),
  'no key': withMember('"PartitionKey":"k",', ''),
  'a number for a key': withMember('"k"', '7'),
  'no arrival': withMember('"ApproximateArrivalTimestamp":1.768478400123E9,', ''),
  'a text for an arrival': withMember('1.768478400123E9', '"now"'),
  'a child without a range': `{"Records":[],${TAIL},"ChildShards":[{"ShardId":"s"}]}`,
}

describe('a reply in the JSON protocol', () => {
  test.each(Object.entries(PROVEN))('is read in one pass as the SDK reads it: %s', async (_name, body) => {
    expect(isProven(body)).toBe(true)
    const answer = read(fast, body)
    expect(answer).toEqual(await toldBySdk(body))
    expect(answer).toEqual(read(slow, body))
  })

  test.each(Object.entries(PARSED))('is parsed where one pass does not prove it: %s', async (_name, body) => {
    expect(isProven(body)).toBe(false)
    const answer = read(fast, body)
    expect(answer).toEqual(await toldBySdk(body))
    expect(answer).toEqual(read(slow, body))
  })

  test.each(Object.entries(BROKEN))('is an error that is repeated where it is none: %s', (_name, body) => {
    const answer = read(fast, body)
    expect(answer).toMatch(/^a reply of Kinesis cannot be read: .*; the read is repeated$/)
    expect(answer).toBe(read(slow, body))
  })

  test('may come in pieces that are cut anywhere, and nothing of the last one shows in the next', () => {
    const body = Buffer.from(replyBody(7))
    const expected = read(slow, body)
    for (let cut = 0; cut <= body.length; cut += 11) {
      const pieces = [body.subarray(0, cut), body.subarray(cut, cut + 3), body.subarray(cut + 3)]
      expect(told(fast.read(pieces, SHARD))).toEqual(expected)
      expect(read(fast, PROVEN['no records'] ?? '')).toMatchObject({ data: [] })
    }
  })

  test('stays as it was when the next one is read', () => {
    const first = fast.read([Buffer.from(replyBody(30))], SHARD)
    const before = told(first)
    fast.read([Buffer.from(replyBody(900, () => 300))], SHARD)
    expect(told(first)).toEqual(before)
  })

  test('may be as large as the service allows: 10,000 records, and a record of 10 MiB', () => {
    const many = replyBody(10_000, () => 8)
    expect(isProven(many)).toBe(true)
    expect(read(fast, many)).toEqual(read(slow, many))
    const large = replyBody(1, () => 10 * 1_048_576)
    expect(isProven(large)).toBe(true)
    expect(read(fast, large)).toEqual(read(slow, large))
    expect(read(fast, replyBody(3))).toEqual(read(slow, replyBody(3)))
  })

  test('is never read otherwise than JSON.parse reads it, whatever byte is changed', () => {
    const random = seededRandom(11)
    const below = (limit: number): number => Math.floor(random.next() * limit)
    const clean = Object.values(PROVEN)
      .filter(body => body.length < 2_000)
      .map(body => Buffer.from(body))
    const bytes = Buffer.from('"\\{}[]:,0123456789-+.eE \n\t\x00nulAZaz/=ÿ', 'latin1')
    let proven = 0
    const rounds = Number(process.env['WIRE_FUZZ_ROUNDS'] ?? 20_000)
    for (let i = 0; i < rounds; i++) {
      const body = clean[below(clean.length)] ?? Buffer.alloc(0)
      const at = below(body.length)
      const byte = bytes.subarray(below(bytes.length)).subarray(0, 1)
      const kind = below(4)
      const mutant = Buffer.concat(
        kind === 0
          ? [body.subarray(0, at), byte, body.subarray(at + 1)]
          : kind === 1
            ? [body.subarray(0, at), byte, body.subarray(at)]
            : kind === 2
              ? [body.subarray(0, at), body.subarray(at + 1)]
              : [body.subarray(0, at)],
      )
      const answer = read(fast, mutant)
      if (JSON.stringify(answer, plain) !== JSON.stringify(read(slow, mutant), plain))
        expect({ mutant: mutant.toString(), answer }).toEqual({ mutant: mutant.toString(), answer: read(slow, mutant) })
      if (typeof answer !== 'string') proven++
    }
    expect(proven).toBeGreaterThan(rounds / 10)
  })
})

function plain(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

describe('a reply in the CBOR protocol', () => {
  const records = [
    {
      ApproximateArrivalTimestamp: { tag: 1, value: 1_768_478_400_123 },
      Data: Buffer.from('{"a":1}'),
      PartitionKey: 'schlüssel',
      SequenceNumber: '4959',
    },
  ]
  const expected: Told = {
    data: [Buffer.from('{"a":1}').toString('base64')],
    keys: ['schlüssel'],
    numbers: ['4959'],
    arrivedAt: [1_768_478_400_123],
    next: 'AAAA',
    behind: 70_000,
    children: [],
  }

  /** The SDK's encoder writes no tags, so they are put in where they belong. */
  function body(arrival: Uint8Array): Buffer {
    const [record] = records
    const whole = Buffer.from(
      cborOf({
        Records: [{ ...record, ApproximateArrivalTimestamp: 'HERE' }],
        MillisBehindLatest: 70_000,
        NextShardIterator: 'AAAA',
      }),
    )
    const at = whole.indexOf('HERE') - 1
    return Buffer.concat([whole.subarray(0, at), arrival, whole.subarray(at + 5)])
  }

  test.each([
    ['milliseconds with a tag, as the service writes them', Buffer.from('c11b0000019bc186de7b', 'hex')],
    ['seconds with a tag, as the RFC has them', Buffer.concat([Buffer.from('c1fb', 'hex'), double(1_768_478_400.123)])],
    ['seconds without a tag', Buffer.concat([Buffer.from('fb', 'hex'), double(1_768_478_400.123)])],
  ])('is read with an arrival in %s', (_name, arrival) => {
    expect(told(readCborReply([body(arrival)], SHARD))).toEqual(expected)
  })

  test('may have lengths that are not given, and a nothing at the end of a shard', () => {
    const hex = [
      'bf', // a map
      `67${Buffer.from('Records').toString('hex')}9fff`,
      `72${Buffer.from('MillisBehindLatest').toString('hex')}00`,
      `71${Buffer.from('NextShardIterator').toString('hex')}f6`,
      'ff',
    ].join('')
    expect(told(readCborReply([Buffer.from(hex, 'hex')], SHARD))).toMatchObject({ data: [], next: null, behind: 0 })
  })

  test('of a key that is no UTF-8 each wrong byte is a replacement character, and the records are read', () => {
    const reply = Buffer.from(
      cborOf({
        Records: [
          { ApproximateArrivalTimestamp: 1, Data: Buffer.from('a'), PartitionKey: 'kkkk', SequenceNumber: '1' },
          { ApproximateArrivalTimestamp: 1, Data: Buffer.from('b'), PartitionKey: 'k', SequenceNumber: '2' },
        ],
        MillisBehindLatest: 0,
      }),
    )
    reply.set([0xff, 0xc3], reply.indexOf('kkkk') + 1)
    expect(told(readCborReply([reply], SHARD))).toMatchObject({ data: ['YQ==', 'Yg=='], keys: ['k\ufffd\ufffdk', 'k'] })
  })

  test('is an error that is repeated wherever it is cut off or a byte is changed, or else a reply', () => {
    const whole = body(Buffer.from('c11b0000019bc186de7b', 'hex'))
    for (let at = 0; at < whole.length; at++) {
      expect(() => readCborReply([whole.subarray(0, at)], SHARD)).toThrow(/a reply of Kinesis cannot be read/)
      for (const byte of [0x00, 0x1f, 0x7f, 0x9f, 0xbf, 0xff, 0x5b, 0xdb]) {
        const mutant = Buffer.from(whole)
        mutant[at] = byte
        try {
          told(readCborReply([mutant], SHARD))
        } catch (error) {
          expect(hasCode(error, 'internal')).toBe(true)
        }
      }
    }
  })
})

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}
