import { describe, expect, test } from 'vitest'
import { type EventMessage, EventStreamReader, MESSAGE_BYTES_MAX } from '../../streams/kinesis/event-stream.ts'
import { eventCodec } from './kinesis-support.ts'

const codec = eventCodec()

function message(type: string, body: string): Uint8Array {
  return codec.encode({
    headers: {
      ':message-type': { type: 'string', value: 'event' },
      ':event-type': { type: 'string', value: type },
      flag: { type: 'boolean', value: true },
      size: { type: 'integer', value: 7 },
      raw: { type: 'binary', value: Uint8Array.of(1, 2, 3) },
      at: { type: 'timestamp', value: new Date(0) },
    },
    body: Buffer.from(body),
  })
}

function texts(messages: readonly EventMessage[]): string[] {
  return messages.map(({ headers, payload }) => `${headers.get(':event-type')} ${Buffer.from(payload).toString()}`)
}

const STREAM = Buffer.concat([
  message('initial-response', '{}'),
  message('SubscribeToShardEvent', `{"Records":[],"x":"${'y'.repeat(300)}"}`),
  message('SubscribeToShardEvent', ''),
])
const EXPECTED = [
  'initial-response {}',
  `SubscribeToShardEvent {"Records":[],"x":"${'y'.repeat(300)}"}`,
  'SubscribeToShardEvent ',
]

describe('an event stream as the SDK encodes it', () => {
  test.each([1, 2, 5, 11, 12, 13, 64, 1_000, STREAM.length])('is read from chunks of %i bytes', size => {
    const reader = new EventStreamReader()
    const messages: EventMessage[] = []
    for (let at = 0; at < STREAM.length; at += size) messages.push(...reader.push(STREAM.subarray(at, at + size)))
    reader.end()
    expect(texts(messages)).toEqual(EXPECTED)
    expect([...(messages[1]?.headers.keys() ?? [])]).toEqual([':message-type', ':event-type'])
  })

  test('is refused when any bit of it is another', () => {
    for (let bit = 0; bit < STREAM.length * 8; bit += 3) {
      const broken = Buffer.from(STREAM)
      broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => {
        const reader = new EventStreamReader()
        reader.push(broken)
        reader.end()
      }).toThrow(/^a reply of Kinesis cannot be read: .*; the read is repeated$/)
    }
  })

  test('is refused when it ends inside a message', () => {
    const reader = new EventStreamReader()
    expect(texts(reader.push(STREAM.subarray(0, -1)))).toEqual(EXPECTED.slice(0, 2))
    expect(() => reader.end()).toThrow('bytes into a message')
  })

  test('is refused before memory is taken for a message that is too large', () => {
    const prelude = Buffer.from(message('x', '').subarray(0, 12))
    prelude.writeUInt32BE(MESSAGE_BYTES_MAX + 1, 0)
    expect(() => new EventStreamReader().push(prelude)).toThrow('a wrong checksum')
    prelude.writeUInt32BE(crcOf(prelude.subarray(0, 8)), 8)
    expect(() => new EventStreamReader().push(prelude)).toThrow(`at most ${MESSAGE_BYTES_MAX} are read`)
  })
})

function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}
