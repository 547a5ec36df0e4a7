/**
 * Where kinesis-local answers otherwise than the embedded stream, each with what AWS documents. A quote of the SDK is looked up in
 * the documentation that comes with the official client; one of the reference stands in the Kinesis API reference only.
 */

export interface Wording {
  readonly from: 'SDK' | 'API reference'
  /** operation, member, type or error that it is said of */
  readonly place: string
  readonly quotes: readonly string[]
}

/** Path in the answer, ours, theirs, the wording. */
export type Difference = readonly [path: string, ours: unknown, theirs: unknown, ...says: Wording[]]

const sdk = (place: string, ...quotes: string[]): Wording => ({ from: 'SDK', place, quotes })
const reference = (place: string, ...quotes: string[]): Wording => ({ from: 'API reference', place, quotes })

const VALIDATION = 'ValidationException'
const ARGUMENT = 'InvalidArgumentException'
const LIMIT = 'LimitExceededException'
const FIRST_SHARD = 'shardId-000000000000'
const THREE_MORE = 'shardId-000000000001 shardId-000000000002 shardId-000000000003'

const COMMON = reference(
  'Common Errors, ValidationException',
  'The input fails to satisfy the constraints specified by an AWS service.',
)
const BAD_ARGUMENT = sdk(
  ARGUMENT,
  "A specified parameter exceeds its restrictions, is not supported, or can't be used.",
)
const OVER_LIMIT = sdk(
  LIMIT,
  'The requested resource exceeds the maximum number allowed, or the number of concurrent stream requests exceeds the maximum number allowed.',
)
// "Required: No", and the streams of the question are not encrypted.
const ENCRYPTION = [
  reference('Record, EncryptionType', 'Required: No'),
  sdk('PutRecord, EncryptionType', 'The encryption type to use on the record.'),
] as const
const HORIZON = sdk(
  'ShardFilter',
  'AT_TRIM_HORIZON - the response includes all the shards that were open at TRIM_HORIZON.',
)
// CreateStream cuts four shards at our keys too, on both.
const UNIFORM = sdk('ScalingType', 'Uniform scaling creates shards of equal size.')

/** To the questions of probes.ts. */
export const PROBE_DIFFERENCES: Readonly<Record<string, readonly Difference[]>> = {
  'what the members of a put and a read are': [
    ['put', 'SequenceNumber ShardId', 'EncryptionType SequenceNumber ShardId', ...ENCRYPTION],
    ['putMany', 'FailedRecordCount Records', 'EncryptionType FailedRecordCount Records', ...ENCRYPTION],
    [
      'record',
      'ApproximateArrivalTimestamp Data PartitionKey SequenceNumber',
      'ApproximateArrivalTimestamp Data EncryptionType PartitionKey SequenceNumber',
      ...ENCRYPTION,
    ],
  ],
  'what a split and a merge leave, and how the ends of their parents read': [
    ['horizon', FIRST_SHARD, `${FIRST_SHARD} ${THREE_MORE}`, HORIZON],
  ],
  'which open shards scaling from 2 to 4 leaves': [
    ['ranges.0', '0-85070591730234615865843651857942052863', '0-85070591730234615865843651857942052862', UNIFORM],
    [
      'ranges.1',
      '170141183460469231731687303715884105728-255211775190703847597530955573826158591',
      '170141183460469231731687303715884105727-255211775190703847597530955573826158590',
      UNIFORM,
    ],
    [
      'ranges.2',
      '255211775190703847597530955573826158592-340282366920938463463374607431768211455',
      '255211775190703847597530955573826158591-340282366920938463463374607431768211455',
      UNIFORM,
    ],
    [
      'ranges.3',
      '85070591730234615865843651857942052864-170141183460469231731687303715884105727',
      '85070591730234615865843651857942052863-170141183460469231731687303715884105726',
      UNIFORM,
    ],
  ],
  'how puts are refused': [
    ['emptyKey', VALIDATION, ARGUMENT, COMMON],
    ['longKey', VALIDATION, ARGUMENT, COMMON],
    ['badName', VALIDATION, ARGUMENT, COMMON],
    ['tooLarge', VALIDATION, ARGUMENT, COMMON],
    ['hashKey', VALIDATION, ARGUMENT, COMMON],
    ['none', VALIDATION, 'none', reference('PutRecords, Records', 'Array Members: Minimum number of 1 item.'), COMMON],
    [
      'tooMany',
      VALIDATION,
      'none',
      sdk('PutRecords', 'Each PutRecords request can support up to 500 records.'),
      COMMON,
    ],
  ],
  'how reads are refused': [
    ['badShard', VALIDATION, ARGUMENT, COMMON],
    ['type', VALIDATION, 'SerializationException', COMMON],
    [
      'wrongNumber',
      ARGUMENT,
      'none',
      sdk(
        'GetShardIterator',
        'using sequence numbers returned by earlier calls to PutRecord, PutRecords, GetRecords, or DescribeStream',
      ),
      BAD_ARGUMENT,
    ],
    // There is no record of a time to come. The service says so in its message, too: "The timestampInMillis parameter cannot be
    // greater than the currentTimestampInMillis."
    [
      'future',
      ARGUMENT,
      'none',
      sdk('GetShardIterator, Timestamp', 'The time stamp of the data record from which to start reading.'),
      BAD_ARGUMENT,
    ],
    [
      'madeUp',
      ARGUMENT,
      'Unknown',
      sdk(
        'GetRecords, ShardIterator',
        'A shard iterator specifies this position using the sequence number of a data record in the shard.',
      ),
      BAD_ARGUMENT,
    ],
    ['limit0', VALIDATION, ARGUMENT, COMMON],
  ],
  'how making, splitting, merging and scaling are refused': [
    ['badName', VALIDATION, ARGUMENT, COMMON],
    ['noShards', VALIDATION, LIMIT, reference('CreateStream, ShardCount', 'Valid Range: Minimum value of 1.'), COMMON],
    // At the first key of the shard no lower one is left for the other child.
    [
      'splitEdge',
      ARGUMENT,
      'none',
      sdk(
        'SplitShard, NewStartingHashKey',
        'All the lower hash key values in the range are distributed to the other child shard.',
      ),
      BAD_ARGUMENT,
    ],
    [
      'scaleUnder',
      LIMIT,
      'none',
      sdk(
        'UpdateShardCount, TargetShardCount',
        'By default, you cannot do the following:',
        'Set this value below half your current shard count for a stream.',
      ),
      OVER_LIMIT,
    ],
    [
      'scaleOver',
      LIMIT,
      ARGUMENT,
      sdk(
        'UpdateShardCount, TargetShardCount',
        'By default, you cannot do the following:',
        'Set this value to more than double your current shard count for a stream.',
      ),
      OVER_LIMIT,
    ],
    [
      'scale0',
      VALIDATION,
      ARGUMENT,
      reference('UpdateShardCount, TargetShardCount', 'Valid Range: Minimum value of 1.'),
      COMMON,
    ],
  ],
  'how tags are kept and refused': [
    ['longKey', VALIDATION, ARGUMENT, COMMON],
    ['longValue', VALIDATION, ARGUMENT, COMMON],
    [
      'noTags',
      VALIDATION,
      'none',
      reference('RemoveTagsFromStream, TagKeys', 'Array Members: Minimum number of 1 item.'),
      COMMON,
    ],
  ],
  'how consumers are registered, found and refused': [['badName', VALIDATION, ARGUMENT, COMMON]],
  'what descriptions say': [
    [
      'said.MaxRecordSizeInKiB',
      1_024,
      null,
      sdk(
        'StreamDescriptionSummary, MaxRecordSizeInKiB',
        'The maximum record size of a single record in kibibyte (KiB) that you can write to, and read from a stream.',
      ),
    ],
  ],
}

/** To the promises of conformance-cases.ts: the path, what is promised, what kinesis-local answers. */
export const CASE_DIFFERENCES: Readonly<Record<string, readonly Difference[]>> = {
  // Two halves; the example of three shards in AWS's own page of describe-stream is cut so too, and there the two agree.
  'two shards meet where those of the service do': [
    ['0.ending', '170141183460469231731687303715884105727', '170141183460469231731687303715884105726', UNIFORM],
    ['1.starting', '170141183460469231731687303715884105728', '170141183460469231731687303715884105727', UNIFORM],
  ],
  // More than AWS promises: within one shard the two agree, in the last promise of the list.
  'sequence numbers have 56 digits and rise in put order over all shards': [
    [
      'areOrdered',
      true,
      false,
      sdk(
        'PutRecord',
        'Sequence numbers increase over time and are specific to a shard within a stream, not across all shards within a stream.',
      ),
    ],
  ],
}

export const ALL_WORDINGS: readonly Wording[] = [
  ...Object.values(PROBE_DIFFERENCES),
  ...Object.values(CASE_DIFFERENCES),
].flatMap(list => list.flatMap(([, , , ...says]) => says))
