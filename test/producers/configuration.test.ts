import { expect, test } from 'vitest'
import { javaProperties } from '../../core/index.ts'
import { completeConfiguration, parseKplProperties } from '../../producers/index.ts'

test('the defaults are those of KPL', () => {
  expect(completeConfiguration()).toMatchObject({
    AggregationEnabled: true,
    AggregationMaxCount: 4_294_967_295,
    AggregationMaxSize: 51_200,
    CollectionMaxCount: 500,
    CollectionMaxSize: 5_242_880,
    FailIfThrottled: false,
    MaxConnections: 24,
    MaxUserRecordSize: 1_048_576,
    MetricsGranularity: 'shard',
    MetricsLevel: 'detailed',
    MetricsUploadDelay: 60_000,
    RateLimit: 150,
    RecordMaxBufferedTime: 100,
    RecordTtl: 30_000,
    RequestTimeout: 6_000,
    ReturnUserRecordOnFailure: false,
    UserRecordTimeoutInMillis: 0,
  })
})

test('both ends of each range are taken, and what lies beyond is refused by name', () => {
  const ends = {
    AggregationMaxCount: [1, Number.MAX_SAFE_INTEGER],
    AggregationMaxSize: [64, 10_485_760],
    CollectionMaxCount: [1, 500],
    CollectionMaxSize: [52_224, 10_485_760],
    MaxConnections: [1, 256],
    MaxUserRecordSize: [64, 10_485_760],
    MetricsUploadDelay: [1, 60_000],
    RateLimit: [1, Number.MAX_SAFE_INTEGER],
    RecordMaxBufferedTime: [0, Number.MAX_SAFE_INTEGER],
    RecordTtl: [100, Number.MAX_SAFE_INTEGER],
    RequestTimeout: [100, 600_000],
    UserRecordTimeoutInMillis: [0, Number.MAX_SAFE_INTEGER],
  } as const
  for (const [name, [min, max]] of Object.entries(ends)) {
    for (const value of [min, max]) expect(completeConfiguration({ [name]: value })).toMatchObject({ [name]: value })
    for (const value of [min - 1, max + 1, min + 0.5, Number.NaN])
      expect(() => completeConfiguration({ [name]: value }), `${name} ${value}`).toThrow(name)
  }
  for (const wrong of [{ MetricsLevel: 'all' }, { AggregationEnabled: 'yes' }, { KeyOrder: 1 }])
    expect(() => completeConfiguration(wrong as object)).toThrow(Object.keys(wrong)[0])
})

test('a properties file of KPL gives the settings of the producer and of the client, and names what means nothing here', () => {
  const { configuration, client, ignored } = parseKplProperties(
    [
      '# KPL',
      '! another comment',
      'RecordMaxBufferedTime = 250',
      'RecordTtl: 60000',
      'AggregationEnabled false',
      'MetricsLevel=SUMMARY',
      'RateLimit=9223372036854775807',
      'Region=eu-west-1',
      'KinesisEndpoint = localhost',
      'KinesisPort=4567',
      'VerifyCertificate=false',
      'MetricsNamespace = My \\',
      '    Producer',
      'ThreadingModel=POOLED',
    ].join('\r\n'),
  )
  expect(configuration).toEqual(
    completeConfiguration({
      RecordMaxBufferedTime: 250,
      RecordTtl: 60_000,
      AggregationEnabled: false,
      MetricsLevel: 'summary',
      RateLimit: Number.MAX_SAFE_INTEGER,
    }),
  )
  expect(client).toMatchObject({
    Region: 'eu-west-1',
    KinesisEndpoint: 'localhost',
    KinesisPort: 4567,
    CloudwatchPort: 443,
    VerifyCertificate: false,
    MetricsNamespace: 'My Producer',
  })
  expect(ignored).toEqual(['ThreadingModel'])
})

test('a time to live for ever, which overflows in KPL, means for ever', () => {
  expect(parseKplProperties('RecordTtl=9223372036854775807').configuration.RecordTtl).toBe(Number.POSITIVE_INFINITY)
})

test('all unknown keys are named at once, and a wrong value with its key', () => {
  expect(() => parseKplProperties('RecordTTL=1\nRegion=us-east-1\nFoo=2')).toThrow(/RecordTTL, Foo/)
  for (const line of [
    'RecordTtl=soon',
    'RecordTtl=9223372036854775808',
    'MaxConnections=257',
    'KinesisPort=0',
    'ConnectTimeout=99',
    'VerifyCertificate=maybe',
    'MetricsNamespace=AWS/Kinesis',
    'LogLevel=loud',
    'Region=nowhere at all',
    'MetricsGranularity=worker',
  ])
    expect(() => parseKplProperties(line), line).toThrow(line.split('=')[0])
})

test('properties are read as Java reads them', () => {
  // java.util.Properties, class documentation: each of these lines says Truth = Beauty
  for (const line of ['Truth = Beauty', '   Truth:Beauty', 'Truth                    :Beauty'])
    expect([...javaProperties(line)]).toEqual([['Truth', 'Beauty']])
  const text =
    'fruits        apple, banana, pear, \\\n    cantaloupe\ncheeses\na\\ b\\:c\\=d = \\u00e9\\t\\\\ \nx=1\nx=2\n\\#y=z'
  expect(Object.fromEntries(javaProperties(text))).toEqual({
    fruits: 'apple, banana, pear, cantaloupe',
    cheeses: '',
    'a b:c=d': 'é\t\\ ',
    x: '2',
    '#y': 'z',
  })
})
