/**
 * The outputs of an application of Kinesis Data Analytics, as its JSON names them: a stream, a delivery stream or a function, each by
 * its ARN. Clients are those of the AWS SDK, with its own configuration of credentials, regions and endpoints.
 */
import { join } from 'node:path'
import { MillraceError } from '../../core/index.ts'
import type { ApplicationOutput } from '../../processors/index.ts'
import { type FirehoseLike, firehoseTarget, type KinesisLike, kinesisTarget } from '../../producers/index.ts'
import {
  type DestinationFactory,
  firehoseDestination,
  kinesisDestination,
  type LambdaOutputOptions,
  lambdaDestination,
} from '../../sinks/index.ts'
import { type DeliveryOutput, destination } from './delivery-output.ts'

/** How the outputs that an application names are reached. */
export interface ResourcesDefinition {
  /** takes what they refuse for good, as error objects, in a folder for each output; relative to the configuration file */
  readonly failed: string
  /** default: that of the ARN */
  readonly region?: string
  /** of all of them, such as a local stand-in; default: the SDK's own, with AWS_ENDPOINT_URL and its like */
  readonly endpoint?: string
}

/** Loads a package of the SDK. */
export type LoadPackage = (name: string) => Promise<unknown>

const loadPackage: LoadPackage = name => import(name)

interface Kind {
  /** the resource of an ARN, with its name as the only group */
  readonly resource: RegExp
  readonly example: string
  readonly sdk: string
  /** @param here whether the resource is reached in the region of its ARN */
  readonly make: (sdk: Sdk, settings: object, name: string, arn: string, here: boolean) => DestinationFactory
}

type Sdk = Readonly<Record<string, new (settings: object) => unknown>>

const KINDS: Readonly<Record<ApplicationOutput['kind'], Kind>> = {
  kinesis: {
    resource: /^kinesis:stream\/([\w.-]{1,128})$/,
    example: 'arn:aws:kinesis:eu-west-1:123456789012:stream/alerts',
    sdk: 'client-kinesis',
    make: (sdk, settings, StreamName, StreamARN, here) => {
      const client = made<KinesisLike>(sdk, 'Kinesis', settings)
      // By its name alone a stream would be one of the credentials' account.
      return kinesisDestination({ target: kinesisTarget({ client, ...(here ? { StreamARN } : { StreamName }) }) })
    },
  },
  firehose: {
    resource: /^firehose:deliverystream\/([\w.-]{1,64})$/,
    example: 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/lake',
    sdk: 'client-firehose',
    make: (sdk, settings, DeliveryStreamName) => {
      const client = made<FirehoseLike>(sdk, 'Firehose', settings)
      return firehoseDestination({ target: firehoseTarget({ client, DeliveryStreamName }) })
    },
  },
  lambda: {
    resource: /^lambda:function:([\w-]{1,64}(?::[\w$-]{1,128})?)$/,
    example: 'arn:aws:lambda:eu-west-1:123456789012:function:notify',
    sdk: 'client-lambda',
    make: (sdk, settings, _, FunctionName) => {
      const client = made<LambdaOutputOptions<object>['client']>(sdk, 'LambdaClient', settings)
      const InvokeCommand = sdk['InvokeCommand'] as LambdaOutputOptions<object>['InvokeCommand']
      return lambdaDestination({ client, InvokeCommand, FunctionName })
    },
  },
}

/**
 * The output that stands for one of an application's.
 * @param load for tests; default `import`
 * @throws MillraceError `config` for an ARN that is missing or of something else, and without the package that reaches it
 */
export async function resourceOutput(
  output: ApplicationOutput,
  { failed, region, endpoint }: ResourcesDefinition,
  load: LoadPackage = loadPackage,
): Promise<DeliveryOutput> {
  const { name, kind, resourceArn, format } = output
  const { resource, example, sdk, make } = KINDS[kind]
  const refused = (text: string, cause?: unknown): MillraceError =>
    new MillraceError('config', `output ${name} of the application: ${text}`, { cause })
  if (resourceArn === null)
    throw refused(`only a deployment knows its ARN; write it out, such as ${example}, or name ${name} in outputs`)
  const [arn, partition, service, regionOfArn, , ...rest] = resourceArn.split(':')
  const found = resource.exec(`${service}:${rest.join(':')}`)?.[1]
  if (arn !== 'arn' || partition === undefined || found === undefined || !regionOfArn)
    throw refused(`"${resourceArn}" is no ARN of its kind, such as ${example}`)
  const settings = { region: region ?? regionOfArn, ...(endpoint !== undefined && { endpoint }) }
  const loaded = await load(`@aws-sdk/${sdk}`).catch((cause: unknown) => {
    throw refused(`${resourceArn} needs the package @aws-sdk/${sdk}: npm install @aws-sdk/${sdk}`, cause)
  })
  return destination({
    destination: make(loaded as Sdk, settings, found, resourceArn, settings.region === regionOfArn),
    failed: join(failed, name.replaceAll(/[^\w.-]/g, '_')),
    DestinationSchema: { RecordFormatType: format },
  })
}

function made<Client>(sdk: Sdk, name: string, settings: object): Client {
  const Class = sdk[name]
  if (Class === undefined)
    throw new MillraceError('config', `this version of the AWS SDK has no ${name}; install a newer one`)
  return new Class(settings) as Client
}
