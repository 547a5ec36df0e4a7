/** Shapes that several destinations share (Firehose API model). */
import {
  boolean,
  integer,
  list,
  map,
  oneOf,
  type StructureShape,
  secret,
  structure,
  type TypeOf,
  text,
} from './shape.ts'

export const roleArn = text(1, 512, 'arn:.*:iam::\\d{12}:role/[a-zA-Z_0-9+=,.@\\-_/]+')
export const nonEmpty = text(1, 1_024, '(?!\\s*$).+')
export const nonEmptyWithoutSpace = text(1, 1_024, '\\S+')
/** Firehose guide: a retry is given up after two hours at most. */
const RETRY_SECONDS_MAX = 7_200

/** Both members of BufferingHints, within the bounds of a destination. */
export function bufferingHints(
  sizeMin: number,
  sizeMax: number,
  intervalMax: number,
): StructureShape<
  Record<never, never>,
  { readonly SizeInMBs: ReturnType<typeof integer>; readonly IntervalInSeconds: ReturnType<typeof integer> }
> {
  return structure({}, { SizeInMBs: integer(sizeMin, sizeMax), IntervalInSeconds: integer(0, intervalMax) })
}

export const retryOptions = structure({}, { DurationInSeconds: integer(0, RETRY_SECONDS_MAX) })

export const cloudWatchLoggingOptions = structure(
  {},
  {
    Enabled: boolean,
    LogGroupName: text(0, 512, '[\\.\\-_/#A-Za-z0-9]*'),
    LogStreamName: text(0, 512, '[^:*]*'),
  },
)

export const encryptionConfiguration = structure(
  {},
  {
    NoEncryptionConfig: oneOf('NoEncryption'),
    KMSEncryptionConfig: structure(
      {
        AWSKMSKeyARN: text(1, 512, 'arn:.*:kms:[a-zA-Z0-9\\-]+:\\d{12}:(key|alias)/[a-zA-Z_0-9+=,.@\\-_/]+'),
      },
      {},
    ),
  },
)

export const processor = structure(
  {
    Type: oneOf(
      'RecordDeAggregation',
      'Decompression',
      'CloudWatchLogProcessing',
      'Lambda',
      'MetadataExtraction',
      'AppendDelimiterToRecord',
    ),
  },
  {
    Parameters: list(
      structure(
        {
          ParameterName: oneOf(
            'LambdaArn',
            'NumberOfRetries',
            'MetadataExtractionQuery',
            'JsonParsingEngine',
            'RoleArn',
            'BufferSizeInMBs',
            'BufferIntervalInSeconds',
            'SubRecordType',
            'Delimiter',
            'CompressionFormat',
            'DataMessageExtraction',
          ),
          ParameterValue: text(1, 5_120, '(?!\\s*$).+'),
        },
        {},
      ),
    ),
  },
)

export const processingConfiguration = structure({}, { Enabled: boolean, Processors: list(processor) })

export const secretsManagerConfiguration = structure(
  { Enabled: boolean },
  {
    SecretARN: text(1, 2_048, 'arn:.*:secretsmanager:[a-zA-Z0-9\\-]+:\\d{12}:secret:[a-zA-Z0-9\\-/_+=.@!]+'),
    RoleARN: roleArn,
  },
)

export const vpcConfiguration = structure(
  {
    SubnetIds: list(nonEmptyWithoutSpace, 1, 16),
    RoleARN: roleArn,
    SecurityGroupIds: list(nonEmptyWithoutSpace, 1, 5),
  },
  {},
)

export const documentIdOptions = structure({ DefaultDocumentIdFormat: oneOf('FIREHOSE_DEFAULT', 'NO_DOCUMENT_ID') }, {})

export const rotationPeriod = oneOf('NoRotation', 'OneHour', 'OneDay', 'OneWeek', 'OneMonth')

export const vpcEndpointName = text(
  47,
  255,
  '([a-zA-Z0-9\\-_]+\\.){2,3}vpce\\.[a-zA-Z0-9\\-]*\\.vpce-svc\\-[a-zA-Z0-9\\-]{17}',
)

export const stringMap = map(nonEmptyWithoutSpace, nonEmpty)
export const accessKey = secret(0, 4_096)

export type ProcessingConfiguration = TypeOf<typeof processingConfiguration>
export type Processor = TypeOf<typeof processor>
export type EncryptionConfiguration = TypeOf<typeof encryptionConfiguration>
