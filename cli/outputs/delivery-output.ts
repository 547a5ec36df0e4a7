/** Any delivery stream as an output of a pipeline: every destination of a definition, and those that Firehose does not have. */
import type {
  DeliveryStreamDefinition,
  DeliveryStreamOptions,
  DeliveryStreamParts,
  DestinationFactory,
} from '../../sinks/index.ts'

/** A delivery stream as an output: made by `deliveryStream` or `destination`. */
export interface DeliveryOutput {
  readonly kind: 'deliveryStream'
  /** the JSON of `create-delivery-stream`, or the path of its file, relative to the configuration file */
  readonly definition: DeliveryStreamDefinition | string
  /** what the destination needs of the program: `fetch`, clients, a `transform`, a `destination`, or `store` for the buckets */
  readonly parts?: Partial<Omit<DeliveryStreamParts, 'clock' | 'random' | 'onRetry'>>
  /** settings that a definition does not have */
  readonly options?: Partial<Omit<DeliveryStreamOptions, 'definition' | 'staging'>>
  /** a directory that stands for the buckets, relative to the configuration file; left out, they are those of S3 */
  readonly directory?: string
  /** A first column with the rowtime of each row. Default true, and false with a DestinationSchema, as the service has none. */
  readonly rowtime?: boolean
  /** records as an output of the service holds them: JSON (default) or CSV, without ROWTIME unless `rowtime` is true */
  readonly DestinationSchema?: { readonly RecordFormatType: 'JSON' | 'CSV' }
}

/** Rows to the destination of a delivery stream. With record format conversion the columns of the files are those of the rows. */
export function deliveryStream(options: Omit<DeliveryOutput, 'kind'>): DeliveryOutput {
  return { kind: 'deliveryStream', ...options }
}

/** What `destination` takes. */
export interface DestinationOutputOptions extends Pick<DeliveryOutput, 'rowtime' | 'DestinationSchema' | 'options'> {
  /** default `output`: give outputs that share a `failed` directory names of their own, as far as the name of a delivery stream allows */
  readonly DeliveryStreamName?: string
  /**
   * made by `kinesisDestination`, `firehoseDestination`, `lambdaDestination`, `kafkaDestination`, `sqsDestination`, `snsDestination`
   * or `cloudWatchDestination` of `millrace/sinks`, or one of your own
   */
  readonly destination: DestinationFactory
  /** takes what the destination refused for good, as error objects; relative to the configuration file */
  readonly failed: string
  /** Default 1 MiB and 1 second. */
  readonly BufferingHints?: { readonly SizeInMBs: number; readonly IntervalInSeconds: number }
  /** Default a day: an application of Kinesis Data Analytics repeats without end. */
  readonly RetryOptions?: { readonly DurationInSeconds: number }
}

/** Rows to a stream, a topic, a queue or a function, as the outputs of a Kinesis Data Analytics application. */
export function destination(options: DestinationOutputOptions): DeliveryOutput {
  const { DeliveryStreamName = 'output', destination: made, failed, BufferingHints, RetryOptions, ...rest } = options
  return deliveryStream({
    ...rest,
    directory: failed,
    parts: { destination: made },
    definition: {
      DeliveryStreamName,
      CustomDestinationConfiguration: {
        S3Configuration: { RoleARN: 'arn:aws:iam::000000000000:role/local', BucketARN: 'arn:aws:s3:::failed' },
        BufferingHints: BufferingHints ?? { SizeInMBs: 1, IntervalInSeconds: 1 },
        RetryOptions: RetryOptions ?? { DurationInSeconds: 86_400 },
      },
    },
  })
}

/** What is wrong with the members that no definition has, a sentence each. */
export function deliveryOutputProblems(output: Readonly<Record<string, unknown>>): readonly string[] {
  const problems: string[] = []
  const known = ['kind', 'definition', 'parts', 'options', 'directory', 'rowtime', 'DestinationSchema']
  for (const name of Object.keys(output))
    if (!known.includes(name)) problems.push(`${name}: no such option; known are ${known.slice(1).join(', ')}`)
  const { definition, directory } = output
  if (typeof definition !== 'string' && (typeof definition !== 'object' || definition === null))
    problems.push('definition: write the JSON of create-delivery-stream, or the path of its file')
  if (directory !== undefined && typeof directory !== 'string')
    problems.push('directory: write the path of a directory')
  return problems
}
