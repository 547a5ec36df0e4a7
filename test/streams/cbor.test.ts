/** CBOR: the examples of RFC 8949 (appendix A), round trips, and bytes that are none. The Java client is the judge of the rest. */
import { describe, expect, test } from 'vitest'
import { decodeCbor, encodeCbor, Instant } from '../../streams/local/http/cbor.ts'
import { seededRandom } from '../support/memory-env.ts'
import { served } from './conformance.ts'
import { rawHttp1Bytes } from './raw-http.ts'

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

/** Parts of RFC 8949, appendix A, that the service's calls can use: bytes and what they mean. */
const EXAMPLES: readonly [hex: string, value: unknown][] = [
  ['00', 0],
  ['17', 23],
  ['1818', 24],
  ['1864', 100],
  ['1903e8', 1_000],
  ['1a000f4240', 1_000_000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['20', -1],
  ['3903e7', -1_000],
  ['f90000', 0],
  ['f93c00', 1],
  ['f93e00', 1.5],
  ['f97bff', 65_504],
  ['f90001', 5.960464477539063e-8],
  ['f90400', 0.00006103515625],
  ['f9c400', -4],
  ['f97c00', Number.POSITIVE_INFINITY],
  ['f97e00', Number.NaN],
  ['fa47c35000', 100_000],
  ['fb3ff199999999999a', 1.1],
  ['fbc010666666666666', -4.1],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['f7', null],
  ['4401020304', bytesOf('01020304')],
  ['60', ''],
  ['62c3bc', 'ü'],
  ['64f0908591', '\u{10151}'],
  ['80', []],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['a26161016162820203', { a: 1, b: [2, 3] }],
  ['5f42010243030405ff', bytesOf('0102030405')],
  ['7f657374726561646d696e67ff', 'streaming'],
  ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
  ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
  // Instants: whole milliseconds as Amazon's clients write them, seconds where there is a fraction.
  ['c11b0000019b7740b800', 1_767_232_288.768],
  ['c1fb41d452d9ec200000', 1_363_896_240.5],
  ['d74401020304', bytesOf('01020304')],
]

describe('CBOR', () => {
  test.each(EXAMPLES)('%s is read as RFC 8949 says', (hex, value) => {
    const read = decodeCbor(bytesOf(hex))
    if (value instanceof Uint8Array) expect(Buffer.from(read as Uint8Array).equals(value)).toBe(true)
    else expect(read).toEqual(value)
  })

  test('what is written is read again', () => {
    const random = seededRandom(3)
    const make = (depth: number): unknown => {
      switch (random.below(depth > 3 ? 6 : 8)) {
        case 0:
          return random.below(2) === 0
        case 1:
          return random.pick([
            0,
            1,
            23,
            24,
            255,
            256,
            65_535,
            65_536,
            2 ** 32 - 1,
            2 ** 32,
            2 ** 53 - 1,
            -1,
            -(2 ** 40),
          ])
        case 2:
          return random.next() * 1e6 - 5e5
        case 3:
          return 'aü键😀'.repeat(random.below(100))
        case 4:
          return null
        case 5:
          return 'x'.repeat(random.below(70_000))
        case 6:
          return Array.from({ length: random.below(30) }, () => make(depth + 1))
        default:
          return Object.fromEntries(Array.from({ length: random.below(30) }, (_, i) => [`m${i}`, make(depth + 1)]))
      }
    }
    for (let i = 0; i < 300; i++) {
      const value = make(0)
      expect(decodeCbor(encodeCbor(value))).toEqual(value)
    }
    const data = random.bytes(100_000)
    const read = decodeCbor(encodeCbor({ data, at: new Instant(1_767_225_600_123), none: undefined }))
    expect(read).toEqual({ data: expect.anything(), at: 1_767_225_600.123 })
    expect(Buffer.from((read as { data: Uint8Array }).data).equals(data)).toBe(true)
  })

  test('no bytes of any kind read past their end, hang, or end in anything but a SerializationException', () => {
    const random = seededRandom(5)
    const sound = encodeCbor({ a: [1, 'two', new Uint8Array(30)], b: { c: new Instant(5), d: 1.5 } })
    const deep = bytesOf(`${'81'.repeat(100_000)}00`)
    const wrong = ['', 'ff', '18', '1c', '5fff00', '5f00ff', '5f5fffff', '7fff00', 'a1', 'a10000', 'bf6161ff', '8101ff']
    const cases = [
      deep,
      ...wrong.map(bytesOf),
      bytesOf('1bffffffffffffffff'),
      bytesOf('9bffffffffffffff'),
      bytesOf('61ff'),
      bytesOf('c16161'),
      bytesOf('1f'),
      bytesOf('df00'),
      ...Array.from({ length: sound.length }, (_, i) => sound.subarray(0, i)),
      ...Array.from({ length: 20_000 }, () => {
        const damaged = sound.slice()
        for (let i = 0; i <= random.below(3); i++) damaged[random.below(damaged.length)] = random.below(256)
        return damaged
      }),
    ]
    let refused = 0
    for (const bytes of cases) {
      try {
        decodeCbor(bytes)
      } catch (error) {
        expect(error).toMatchObject({ type: 'SerializationException' })
        refused++
      }
    }
    expect(refused).toBeGreaterThan(5_000)
    for (const hex of wrong) expect(() => decodeCbor(bytesOf(hex))).toThrow('no CBOR')
  })
})

describe('calls in CBOR', () => {
  test('are answered in CBOR, errors too, and data is bytes and never text', async () => {
    const server = await served()
    const { port } = server.listener
    const call = async (operation: string, body: unknown) => {
      const headers = {
        host: `localhost:${port}`,
        'content-type': 'application/x-amz-cbor-1.1',
        'x-amz-target': `Kinesis_20131202.${operation}`,
        authorization: 'AWS4-HMAC-SHA256 Credential=x',
      }
      const reply = await rawHttp1Bytes(port, headers, body instanceof Uint8Array ? body : encodeCbor(body))
      expect(reply.headers['content-type']).toBe('application/x-amz-cbor-1.1')
      const value = reply.bytes.length === 0 ? null : (decodeCbor(reply.bytes) as Record<string, unknown>)
      return { status: reply.status, value }
    }
    expect(await call('CreateStream', { StreamName: 's', ShardCount: 1 })).toEqual({ status: 200, value: null })
    const entry = { Data: bytesOf('00ff'), PartitionKey: 'ключ' }
    const put = await call('PutRecords', { StreamName: 's', Records: [entry, { ...entry, Data: new Uint8Array() }] })
    expect(put.value).toMatchObject({ FailedRecordCount: 0, Records: [{ ShardId: 'shardId-000000000000' }, {}] })
    const start = { StreamName: 's', ShardId: 'shardId-000000000000', ShardIteratorType: 'AT_TIMESTAMP' }
    const iterator = await call('GetShardIterator', { ...start, Timestamp: new Instant(server.clock.now() - 1) })
    const read = await call('GetRecords', { ShardIterator: iterator.value?.['ShardIterator'] })
    const records = read.value?.['Records'] as readonly Record<string, unknown>[] | undefined
    const first = records?.[0]
    expect(Buffer.from(first?.['Data'] as Uint8Array).toString('hex')).toBe('00ff')
    expect(first).toMatchObject({ PartitionKey: 'ключ', ApproximateArrivalTimestamp: server.clock.now() / 1_000 })
    const wrong = [
      ['PutRecord', { StreamName: 's', PartitionKey: 'k', Data: 'AAAA' }, 'SerializationException'],
      ['PutRecord', { StreamName: 's', PartitionKey: 'k' }, 'ValidationException'],
      ['PutRecord', bytesOf('a1'), 'SerializationException'],
      ['PutRecord', [], 'SerializationException'],
      ['Explode', {}, 'UnknownOperationException'],
      ['DescribeStream', { StreamName: 'none' }, 'ResourceNotFoundException'],
    ] as const
    for (const [operation, body, type] of wrong)
      expect(await call(operation, body)).toMatchObject({ status: 400, value: { __type: type } })
    await server.close()
  })
})
