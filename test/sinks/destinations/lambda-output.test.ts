import { expect, it } from 'vitest'
import { lambdaDestination } from '../../../sinks/destinations/lambda-output.ts'
import { errorsIn, put } from '../pipeline/world.ts'
import { customWorld } from './world.ts'

interface Request {
  readonly invocationId: string
  readonly applicationArn: string
  readonly records: readonly {
    readonly recordId: string
    readonly data: string
    readonly lambdaDeliveryRecordMetadata: { readonly retryHint: number }
  }[]
}

class InvokeCommand {
  readonly input: { FunctionName: string; Payload: Uint8Array }
  constructor(input: { FunctionName: string; Payload: Uint8Array }) {
    this.input = input
  }
}

function functionWorld(
  serve: (request: Request, call: number) => { FunctionError?: string; reply: unknown },
  members = {},
) {
  const requests: Request[] = []
  const world = customWorld(
    lambdaDestination({
      FunctionName: 'deliver',
      InvokeCommand,
      applicationArn: 'arn:aws:kinesisanalytics:eu-west-1:123456789012:application/clicks',
      client: {
        send: async command => {
          const request = JSON.parse(Buffer.from(command.input.Payload).toString()) as Request
          requests.push(request)
          const { reply, ...rest } = serve(request, requests.length)
          return { ...rest, Payload: Buffer.from(typeof reply === 'string' ? reply : JSON.stringify(reply)) }
        },
      },
    }),
    { members },
  )
  return { ...world, requests }
}

const text = (data: string): string => Buffer.from(data, 'base64').toString()

it('records that the function did not deliver come again with a larger hint, those that it forgot as well', async () => {
  const { clock, stream, bucket, requests } = functionWorld(({ records }, call) => ({
    reply: {
      records: records
        .filter(({ data }) => text(data) !== 'forgotten' || call > 2)
        .map(({ recordId, data }) => ({
          recordId,
          result: text(data) === 'later' && call < 2 ? 'DeliveryFailed' : 'Ok',
        })),
    },
  }))
  await put(stream, 'now', 'later', 'forgotten')
  await clock.until(stream.close())
  expect(
    requests.map(({ records }) =>
      records.map(record => [text(record.data), record.lambdaDeliveryRecordMetadata.retryHint]),
    ),
  ).toEqual([
    [
      ['now', 0],
      ['later', 0],
      ['forgotten', 0],
    ],
    [
      ['later', 1],
      ['forgotten', 1],
    ],
    [['forgotten', 2]],
  ])
  expect(new Set(requests.map(({ invocationId }) => invocationId)).size).toBe(3)
  expect(requests[0]?.applicationArn).toBe('arn:aws:kinesisanalytics:eu-west-1:123456789012:application/clicks')
  expect(bucket.objects.size).toBe(0)
})

it.each([
  ['an error of the function', { FunctionError: 'Unhandled', reply: { errorMessage: 'boom' } }, 'Lambda.FunctionError'],
  ['a reply that is no JSON', { reply: 'ok' }, 'Lambda.JsonProcessingException'],
  [
    'a result that is none',
    { reply: { records: [{ recordId: '00000000000000000000', result: 'Done' }] } },
    'Lambda.JsonProcessingException',
  ],
  ['no results', { reply: { records: [] } }, 'Lambda.MissingRecordId'],
])('%s fails the record, once the duration is over', async (_, answer, code) => {
  const { clock, stream, bucket, requests } = functionWorld(() => answer, { RetryOptions: { DurationInSeconds: 2 } })
  await put(stream, 'x')
  await clock.until(stream.close())
  expect(requests).toHaveLength(2)
  expect(errorsIn(bucket, 'lambda-failed/')).toMatchObject([{ errorCode: code, attemptsMade: 2 }])
})

it('a call stays below 6 MB', async () => {
  const sizes: number[] = []
  const { clock, stream } = functionWorld(request => {
    sizes.push(JSON.stringify(request).length)
    return { reply: { records: request.records.map(({ recordId }) => ({ recordId, result: 'Ok' })) } }
  })
  await clock.until(stream.write(Array.from({ length: 12 }, () => ({ data: new Uint8Array(1_000_000) }))))
  await clock.until(stream.close())
  expect(sizes).toHaveLength(3)
  expect(Math.max(...sizes)).toBeLessThan(6 * 1_048_576)
})
