import { describe, expect, it } from 'vitest'
import { type SqsLike, snsDestination, sqsDestination } from '../../../sinks/destinations/messages.ts'
import { bytes, errorsIn, put } from '../pipeline/world.ts'
import { customWorld } from './world.ts'

const QueueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/clicks'

type Input = Parameters<SqsLike['sendMessageBatch']>[0]

function queue(answer: (body: string, call: number) => { Code: string; SenderFault: boolean } | 'forgotten' | null) {
  const inputs: Input[] = []
  const client: SqsLike = {
    sendMessageBatch: async input => {
      inputs.push(input)
      const Successful: { Id: string }[] = []
      const Failed: { Id: string; Code: string; Message: string; SenderFault: boolean }[] = []
      for (const { Id, MessageBody } of input.Entries) {
        const failed = answer(MessageBody, inputs.length)
        if (failed === null) Successful.push({ Id })
        else if (failed !== 'forgotten') Failed.push({ Id, Message: 'told', ...failed })
      }
      return { Successful, Failed }
    },
  }
  return { inputs, client }
}

describe('messages', () => {
  it('go ten in a call, and are told apart by their answers', async () => {
    const { inputs, client } = queue((body, call) => {
      if (body === 'm3' && call < 3) return { Code: 'InternalError', SenderFault: false }
      if (body === 'm4' && call < 3) return { Code: 'ThrottlingException', SenderFault: true }
      if (body === 'm5' && call < 3) return 'forgotten'
      return body === 'm6' ? { Code: 'InvalidMessageContents', SenderFault: true } : null
    })
    const { clock, stream, bucket } = customWorld(sqsDestination({ client, QueueUrl }))
    await put(stream, ...Array.from({ length: 12 }, (_, n) => `m${n}`))
    await clock.until(stream.close())
    expect(inputs.map(({ Entries }) => Entries.map(({ MessageBody }) => MessageBody))).toEqual([
      Array.from({ length: 10 }, (_, n) => `m${n}`),
      ['m10', 'm11'],
      ['m3', 'm4', 'm5'],
    ])
    expect(errorsIn(bucket, 'sqs-failed/')).toMatchObject([
      { errorCode: 'SQS.InvalidMessageContents', errorMessage: 'told', attemptsMade: 1 },
    ])
    expect(stream.metrics.get('DeliveryToSQS.Records')).toBe(11)
  })

  it('keep to the bytes of a call', async () => {
    const { inputs, client } = queue(() => null)
    const { clock, stream, bucket } = customWorld(sqsDestination({ client, QueueUrl }))
    await put(stream, 'a'.repeat(200_000), 'b'.repeat(62_144), 'c', 'd'.repeat(262_145))
    await clock.until(stream.close())
    expect(inputs.map(({ Entries }) => Entries.length)).toEqual([2, 1])
    expect(errorsIn(bucket, 'sqs-failed/').map(error => error['errorCode'])).toEqual(['SQS.RecordTooLarge'])
  })

  it.each([
    ['nothing', Buffer.from('')],
    ['bytes that are no text', Buffer.from([0xff, 0xfe])],
    ['a control character', Buffer.from('a\u0000b')],
    ['U+FFFF', Buffer.from('\uffff')],
  ])('cannot be %s', async (_, data) => {
    const { inputs, client } = queue(() => null)
    const { clock, stream, bucket } = customWorld(sqsDestination({ client, QueueUrl }))
    await stream.write([{ data }, { data: bytes('good 😀\t\r\n') }])
    await clock.until(stream.close())
    expect(inputs.map(({ Entries }) => Entries.map(({ MessageBody }) => MessageBody))).toEqual([['good 😀\t\r\n']])
    expect(errorsIn(bucket, 'sqs-failed/')).toMatchObject([
      { errorCode: 'SQS.InvalidMessageContents', rawData: data.toString('base64') },
    ])
  })

  it('have an id and a group in FIFO queues: the same when a stream of shards is read again', async () => {
    const seen: Input['Entries'][] = []
    for (let life = 0; life < 2; life++) {
      const { inputs, client } = queue(() => null)
      const { clock, stream } = customWorld(sqsDestination({ client, QueueUrl: `${QueueUrl}.fifo` }))
      const source = { shardId: 's', partitionKey: 'user-7', sequenceNumber: '1', subsequenceNumber: 0 }
      await stream.write([{ data: bytes('a'), source }])
      await clock.until(stream.close())
      seen.push(...inputs.map(({ Entries }) => Entries))
    }
    expect(seen[0]).toEqual(seen[1])
    expect(seen[0]).toEqual([
      {
        Id: '0',
        MessageBody: 'a',
        MessageGroupId: 'user-7',
        MessageDeduplicationId: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ])
  })

  it('are halved when the call as a whole is refused, until the one at fault stands alone', async () => {
    const client: SqsLike = {
      sendMessageBatch: async ({ Entries }) => {
        if (Entries.some(({ MessageBody }) => MessageBody === 'bad'))
          throw Object.assign(new Error('invalid binary character'), { name: 'InvalidMessageContents' })
        return { Successful: Entries }
      },
    }
    const { clock, stream, bucket } = customWorld(sqsDestination({ client, QueueUrl }))
    await put(stream, 'a', 'b', 'bad', 'c')
    await clock.until(stream.close())
    expect(stream.metrics.get('DeliveryToSQS.Records')).toBe(3)
    expect(errorsIn(bucket, 'sqs-failed/').map(error => error['rawData'])).toEqual([
      Buffer.from('bad').toString('base64'),
    ])
  })

  it('go to a topic in its own words', async () => {
    const inputs: unknown[] = []
    const TopicArn = 'arn:aws:sns:eu-west-1:123456789012:clicks.fifo'
    const { clock, stream } = customWorld(
      snsDestination({
        TopicArn,
        messageGroupId: () => 'all',
        client: {
          publishBatch: async input => {
            inputs.push(input)
            return { Successful: input.PublishBatchRequestEntries }
          },
        },
      }),
    )
    await put(stream, 'x')
    await clock.until(stream.close())
    expect(inputs).toMatchObject([
      { TopicArn, PublishBatchRequestEntries: [{ Id: '0', Message: 'x', MessageGroupId: 'all' }] },
    ])
    expect(stream.metrics.get('DeliveryToSNS.Records')).toBe(1)
  })
})
