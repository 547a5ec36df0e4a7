/** Destinations behind a client of the program's, which answers as the service does. */
import { recordBytes } from '../../../core/index.ts'
import { streamTarget } from '../../../producers/index.ts'
import { type CloudWatchLogsLike, cloudWatchDestination } from '../../../sinks/destinations/cloudwatch.ts'
import { lambdaDestination } from '../../../sinks/destinations/lambda-output.ts'
import { snsDestination, sqsDestination } from '../../../sinks/destinations/messages.ts'
import type { DestinationFactory } from '../../../sinks/destinations/open-destination.ts'
import {
  firehoseDestination,
  kafkaDestination,
  kinesisDestination,
  type PutTargetLike,
} from '../../../sinks/destinations/put-target.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { LocalStreams } from '../../../streams/index.ts'
import { memoryEnv } from '../../support/memory-env.ts'
import { destination } from '../support/definitions.ts'
import {
  type FaultCase,
  type FaultPlan,
  gateOf,
  HINTS,
  numbersIn,
  numbersOf,
  SIDE_BUCKET,
  sideCounts,
  streamOf,
} from './fault-case.ts'

interface Client {
  readonly made: DestinationFactory
  readonly taken: () => readonly number[] | Promise<readonly number[]>
  readonly close?: () => Promise<void>
}

function behindClient(
  metric: FaultCase['metric'],
  errors: string,
  name: string,
  clientOf: (plan: FaultPlan) => Client | Promise<Client>,
): FaultCase {
  return {
    name,
    metric,
    vanishes: { afterCalls: 4, retrySeconds: 60 },
    behind: 'backup',
    slowMs: 45_000,
    open: async plan => {
      const { made, taken, ...rest } = await clientOf(plan)
      const bucket = new MemoryStore()
      const definition = destination('CustomDestinationConfiguration', {
        ...HINTS,
        ...SIDE_BUCKET,
        RetryOptions: { DurationInSeconds: plan.retrySeconds },
        S3BackupMode: plan.all ? 'AllData' : 'FailedDataOnly',
      })
      const stream = streamOf(definition, plan, { store: () => bucket, destination: made })
      return { stream, taken: async () => taken(), ...sideCounts(bucket, errors), ...rest }
    },
  }
}

/** Puts that go through a gate. */
function gated(plan: FaultPlan, target: PutTargetLike, errorCode: string): PutTargetLike {
  const gate = gateOf(plan)
  return {
    ...target,
    putRecords: async (entries, signal) => {
      if ((await gate(signal)) === 'pass') return target.putRecords(entries, signal)
      return entries.map(() => ({ errorCode, errorMessage: 'slow down' }))
    },
  }
}

/** Keeps what it is given. */
function keeping(taken: number[], more: Partial<PutTargetLike> = {}): PutTargetLike {
  return {
    ...more,
    putRecords: async entries =>
      entries.map(({ data }, index) => {
        taken.push(...numbersOf([data]))
        return { shardId: 's', sequenceNumber: String(index) }
      }),
  }
}

/** A stream of the embedded log, whose shards take a mebibyte a second. */
async function embedded(plan: FaultPlan): Promise<Client> {
  const env = { ...memoryEnv(), clock: plan.clock }
  const streams = await LocalStreams.open({ env })
  const stream = await streams.create('clicks', { shards: 2 })
  const target = streamTarget(stream)
  const put: PutTargetLike = { putRecords: (entries, signal) => target.putRecords(entries, signal) }
  return {
    made: kinesisDestination({ target: gated(plan, put, 'ProvisionedThroughputExceededException') }),
    taken: async () => {
      const found: number[] = []
      for (const { shardId } of await stream.listShards())
        for (let next = await stream.getIterator(shardId, { kind: 'trimHorizon' }); ; ) {
          const { records, nextIterator } = await stream.getRecords(next)
          for (let at = 0; at < records.length; at++) found.push(...numbersOf([recordBytes(records, at)]))
          if (records.length === 0 || nextIterator === null) break
          next = nextIterator
        }
      return found
    },
    close: () => streams.close(),
  }
}

/** Each message is taken, or each is refused as the service's fault. */
function answersFor(ids: readonly string[], pass: boolean) {
  return pass
    ? { Successful: ids.map(Id => ({ Id })) }
    : { Failed: ids.map(Id => ({ Id, Code: 'InternalError', Message: 'try again', SenderFault: false })) }
}

class InvokeCommand {
  readonly input: { FunctionName: string; Payload: Uint8Array }
  constructor(input: { FunctionName: string; Payload: Uint8Array }) {
    this.input = input
  }
}

type Invocation = { readonly records: readonly { readonly recordId: string; readonly data: string }[] }

export const CLIENT_CASES: readonly FaultCase[] = [
  behindClient('KinesisStream', 'kinesis-stream-failed/', 'a stream of Kinesis', embedded),
  behindClient('Kafka', 'kafka-failed/', 'a topic of Kafka', plan => {
    const taken: number[] = []
    const target = keeping(taken, { capabilities: { ordered: true } })
    return { made: kafkaDestination({ target: gated(plan, target, 'NotLeaderForPartition') }), taken: () => taken }
  }),
  behindClient('Firehose', 'firehose-failed/', 'a delivery stream of Firehose', plan => {
    const taken: number[] = []
    const target = gated(plan, keeping(taken), 'ServiceUnavailableException')
    return { made: firehoseDestination({ target }), taken: () => taken }
  }),
  behindClient('SNS', 'sns-failed/', 'an SNS topic', plan => {
    const taken: number[] = []
    const gate = gateOf(plan)
    const client: Parameters<typeof snsDestination>[0]['client'] = {
      publishBatch: async ({ PublishBatchRequestEntries: entries }, { abortSignal }) => {
        const pass = (await gate(abortSignal)) === 'pass'
        if (pass) for (const { Message } of entries) taken.push(...numbersIn(Message))
        return answersFor(
          entries.map(({ Id }) => Id),
          pass,
        )
      },
    }
    return { made: snsDestination({ client, TopicArn: 'arn:aws:sns:eu-west-1:123456789012:rows' }), taken: () => taken }
  }),
  behindClient('SQS', 'sqs-failed/', 'an SQS queue', plan => {
    const taken: number[] = []
    const gate = gateOf(plan)
    const client: Parameters<typeof sqsDestination>[0]['client'] = {
      sendMessageBatch: async ({ Entries }, { abortSignal }) => {
        const pass = (await gate(abortSignal)) === 'pass'
        if (pass) for (const { MessageBody } of Entries) taken.push(...numbersIn(MessageBody))
        return answersFor(
          Entries.map(({ Id }) => Id),
          pass,
        )
      },
    }
    return {
      made: sqsDestination({ client, QueueUrl: 'https://sqs.example.com/123456789012/rows' }),
      taken: () => taken,
    }
  }),
  behindClient('Lambda', 'lambda-failed/', 'a Lambda function', plan => {
    const taken: number[] = []
    const gate = gateOf(plan)
    const send = async ({ input }: InvokeCommand, options: { readonly abortSignal: AbortSignal }) => {
      const pass = (await gate(options.abortSignal)) === 'pass'
      const { records } = JSON.parse(Buffer.from(input.Payload).toString()) as Invocation
      if (pass) taken.push(...numbersOf(records.map(({ data }) => Buffer.from(data, 'base64'))))
      const result = pass ? 'Ok' : 'DeliveryFailed'
      return {
        Payload: Buffer.from(JSON.stringify({ records: records.map(({ recordId }) => ({ recordId, result })) })),
      }
    }
    return { made: lambdaDestination({ FunctionName: 'f', InvokeCommand, client: { send } }), taken: () => taken }
  }),
  behindClient('CloudWatch', 'cloudwatch-failed/', 'CloudWatch', plan => {
    const taken: number[] = []
    const gate = gateOf(plan)
    const client: CloudWatchLogsLike = {
      putLogEvents: async ({ logEvents }, { abortSignal }) => {
        if ((await gate(abortSignal)) !== 'pass')
          throw Object.assign(new Error('unavailable'), { name: 'ServiceUnavailableException' })
        for (const { message } of logEvents) taken.push(...numbersIn(message))
        return {}
      },
    }
    const place = { logGroupName: '/rows', logStreamName: 'a' }
    const made = cloudWatchDestination({ Namespace: 'Rows', Metrics: [{ Name: 'n' }], ...place, client })
    return { made, taken: () => taken }
  }),
]
