import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../core/errors.ts'
import { importApplication } from '../../processors/application-json.ts'

const code = 'CREATE OR REPLACE STREAM "OUT" ("n" INTEGER);'
const schema = {
  RecordFormat: {
    RecordFormatType: 'JSON',
    MappingParameters: { JSONMappingParameters: { RecordRowPath: '$' } },
  },
  RecordEncoding: 'UTF-8',
  RecordColumns: [{ Name: 'ticker', SqlType: 'VARCHAR(4)', Mapping: '$.ticker' }],
}
const csvSchema = {
  RecordFormat: {
    RecordFormatType: 'CSV',
    MappingParameters: { CSVMappingParameters: { RecordRowDelimiter: '\n', RecordColumnDelimiter: ',' } },
  },
  RecordColumns: [{ Name: 'ticker', SqlType: 'VARCHAR(4)' }],
}
const stream = 'arn:aws:kinesis:eu-west-1:123456789012:stream/in'
const delivery = 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/out'
const bucket = 'arn:aws:s3:::tables'
const lambda = 'arn:aws:lambda:eu-west-1:123456789012:function:clean'
const RoleARN = 'arn:aws:iam::123456789012:role/x'

const v1Create = {
  ApplicationName: 'ticker-app',
  ApplicationDescription: 'words',
  ApplicationCode: code,
  Inputs: [
    {
      NamePrefix: 'SOURCE_SQL_STREAM',
      KinesisStreamsInput: { ResourceARN: stream, RoleARN },
      InputParallelism: { Count: 2 },
      InputProcessingConfiguration: { InputLambdaProcessor: { ResourceARN: lambda, RoleARN } },
      InputSchema: schema,
    },
  ],
  Outputs: [
    {
      Name: 'OUT',
      KinesisFirehoseOutput: { ResourceARN: delivery, RoleARN },
      DestinationSchema: { RecordFormatType: 'CSV' },
    },
  ],
  ReferenceDataSources: [
    {
      TableName: 'Companies',
      S3ReferenceDataSource: { BucketARN: bucket, FileKey: 'c.csv', ReferenceRoleARN: RoleARN },
      ReferenceSchema: csvSchema,
    },
  ],
  CloudWatchLoggingOptions: [{ LogStreamARN: 'x', RoleARN }],
  Tags: [{ Key: 'a', Value: 'b' }],
  SomethingNew: { deep: [1] },
}

const v1Detail = {
  ApplicationDetail: {
    ApplicationName: 'ticker-app',
    ApplicationARN: 'arn:aws:kinesisanalytics:eu-west-1:123456789012:application/ticker-app',
    ApplicationStatus: 'READY',
    ApplicationVersionId: 3,
    ApplicationDescription: 'words',
    ApplicationCode: code,
    InputDescriptions: [
      {
        InputId: '1.1',
        NamePrefix: 'SOURCE_SQL_STREAM',
        InAppStreamNames: ['SOURCE_SQL_STREAM_001', 'SOURCE_SQL_STREAM_002'],
        KinesisStreamsInputDescription: { ResourceARN: stream, RoleARN },
        InputParallelism: { Count: 2 },
        InputProcessingConfigurationDescription: {
          InputLambdaProcessorDescription: { ResourceARN: lambda, RoleARN },
        },
        InputSchema: schema,
        InputStartingPositionConfiguration: { InputStartingPosition: 'NOW' },
      },
    ],
    OutputDescriptions: [
      {
        OutputId: '2.1',
        Name: 'OUT',
        KinesisFirehoseOutputDescription: { ResourceARN: delivery, RoleARN },
        DestinationSchema: { RecordFormatType: 'CSV' },
      },
    ],
    ReferenceDataSourceDescriptions: [
      {
        ReferenceId: '3.1',
        TableName: 'Companies',
        S3ReferenceDataSourceDescription: { BucketARN: bucket, FileKey: 'c.csv', ReferenceRoleARN: RoleARN },
        ReferenceSchema: csvSchema,
      },
    ],
  },
}

const { ReferenceDataSources, Inputs, Outputs } = v1Create
const v2Create = {
  ApplicationName: 'ticker-app',
  RuntimeEnvironment: 'SQL-1_0',
  ServiceExecutionRole: RoleARN,
  ApplicationConfiguration: {
    ApplicationCodeConfiguration: { CodeContentType: 'PLAINTEXT', CodeContent: { TextContent: code } },
    SqlApplicationConfiguration: { Inputs, Outputs, ReferenceDataSources },
  },
}

const detail = v1Detail.ApplicationDetail
const v2Describe = {
  ApplicationDetail: {
    ApplicationName: 'ticker-app',
    RuntimeEnvironment: 'SQL-1_0',
    ApplicationConfigurationDescription: {
      ApplicationCodeConfigurationDescription: {
        CodeContentType: 'PLAINTEXT',
        CodeContentDescription: { TextContent: code, CodeMD5: null },
      },
      SqlApplicationConfigurationDescription: {
        InputDescriptions: detail.InputDescriptions,
        OutputDescriptions: detail.OutputDescriptions,
        ReferenceDataSourceDescriptions: detail.ReferenceDataSourceDescriptions,
      },
    },
  },
}

function template(version: '' | 'V2'): unknown {
  const type = `AWS::KinesisAnalytics${version}::Application`
  const text = { 'Fn::Join': ['\n', ['CREATE OR REPLACE STREAM', { 'Fn::Sub': '"OUT" ("n" INTEGER);' }]] }
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Resources: {
      Bucket: { Type: 'AWS::S3::Bucket' },
      App: {
        Type: type,
        Properties:
          version === ''
            ? { ApplicationName: 'ticker-app', ApplicationCode: text, Inputs }
            : {
                ApplicationName: 'ticker-app',
                RuntimeEnvironment: 'SQL-1_0',
                ApplicationConfiguration: {
                  ApplicationCodeConfiguration: { CodeContent: { TextContent: text } },
                  SqlApplicationConfiguration: { Inputs },
                },
              },
      },
      Output: {
        Type: `${type}Output`,
        Properties: { ApplicationName: { Ref: 'App' }, Output: Outputs[0] },
      },
      Foreign: {
        Type: `${type}Output`,
        Properties: { ApplicationName: 'another', Output: { Name: 7 } },
      },
      Table: {
        Type: `${type}ReferenceDataSource`,
        Properties: { ApplicationName: 'ticker-app', ReferenceDataSource: ReferenceDataSources[0] },
      },
    },
  }
}

function problemsOf(value: unknown): string[] {
  try {
    importApplication(value)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'config') return error.message.split('\n  ')
    throw error
  }
  return []
}

describe('application definitions', () => {
  it.each([
    ['v1 create request', v1Create, code],
    ['v1 description', v1Detail, code],
    ['v1 description without its wrapper', detail, code],
    ['v2 create request', v2Create, code],
    ['v2 description', v2Describe, code],
    ['v1 template', template(''), code.replace('STREAM "', 'STREAM\n"')],
    ['v2 template', template('V2'), code.replace('STREAM "', 'STREAM\n"')],
  ])('say the same as a %s', (_title, json, text) => {
    const definition = importApplication(json)
    expect(definition.name).toBe('ticker-app')
    expect(definition.code).toBe(text)
    expect(definition.inputs).toHaveLength(1)
    const [input] = definition.inputs
    expect(input).toMatchObject({
      namePrefix: 'SOURCE_SQL_STREAM',
      parallelism: 2,
      streamNames: ['SOURCE_SQL_STREAM_001', 'SOURCE_SQL_STREAM_002'],
      kind: 'kinesis',
      resourceArn: stream,
      processor: { resourceArn: lambda },
    })
    expect(input?.schema.columns).toEqual([
      { name: 'ticker', type: { kind: 'VARCHAR', length: 4 }, mapping: '$.ticker' },
    ])
    expect(definition.outputs).toEqual([{ name: 'OUT', kind: 'firehose', resourceArn: delivery, format: 'CSV' }])
    expect(definition.referenceTables).toMatchObject([
      { name: 'Companies', bucketArn: bucket, fileKey: 'c.csv', schema: { format: { kind: 'CSV' } } },
    ])
    expect(definition.notes).toEqual([])
  })

  it('need no inputs, outputs or tables, and have one input stream by default', () => {
    expect(importApplication({ ApplicationName: 'a', ApplicationCode: 'x' })).toMatchObject({
      inputs: [],
      outputs: [],
      referenceTables: [],
    })
    const [input] = importApplication({
      ApplicationName: 'a',
      ApplicationCode: 'x',
      Inputs: [{ NamePrefix: 'P', KinesisFirehoseInput: { ResourceARN: delivery }, InputSchema: schema }],
    }).inputs
    expect(input).toMatchObject({ streamNames: ['P_001'], kind: 'firehose', processor: null })
  })

  it('tell all problems with their paths', () => {
    const paths = problemsOf({
      ApplicationName: 'no blanks please',
      ApplicationCode: '',
      Inputs: [
        {
          NamePrefix: 'P'.repeat(33),
          InputParallelism: { Count: 65 },
          InputSchema: { RecordFormat: 5, RecordColumns: [{}] },
        },
        'x',
      ],
      Outputs: [{ Name: 'O', KinesisStreamsOutput: { ResourceARN: stream }, LambdaOutput: { ResourceARN: lambda } }],
      ReferenceDataSources: {},
    }).map(line => line.slice(0, line.indexOf(':')))
    expect(paths).toEqual([
      'the application definition cannot be used',
      '$.ApplicationCode',
      '$.ApplicationName',
      '$.Inputs[0].NamePrefix',
      '$.Inputs[0].InputParallelism.Count',
      '$.Inputs[0].InputSchema.RecordFormat',
      '$.Inputs[0].InputSchema.RecordColumns[0].Name',
      '$.Inputs[0].InputSchema.RecordColumns[0].SqlType',
      '$.Inputs[0]',
      '$.Inputs[1]',
      '$.Outputs[0]',
      '$.Outputs[0].DestinationSchema',
      '$.ReferenceDataSources',
    ])
  })

  it.each([
    null,
    5,
    'text',
    [],
    {},
    { ApplicationDetail: [] },
    { Resources: {} },
    { Resources: null },
    JSON.parse(`${'['.repeat(9_000)}${']'.repeat(9_000)}`),
  ])('refuse what is none (case %#)', value => {
    expect(problemsOf(value).length).toBeGreaterThan(0)
  })

  it('refuse code that is not in the definition and runtimes that are no SQL', () => {
    const withContent = (CodeContent: unknown) => ({
      ...v2Create,
      ApplicationConfiguration: { ApplicationCodeConfiguration: { CodeContent }, SqlApplicationConfiguration: {} },
    })
    expect(problemsOf(withContent({ S3ContentLocation: { BucketARN: bucket, FileKey: 'k' } }))[1]).toMatch(
      /^\$\.ApplicationConfiguration\.ApplicationCodeConfiguration\.CodeContent\.S3ContentLocation: /,
    )
    expect(problemsOf({ ...v2Create, RuntimeEnvironment: 'FLINK-1_18' })[1]).toContain('FLINK-1_18')
  })

  it('refuse two inputs whose streams have one name', () => {
    expect(problemsOf({ ...v1Create, Inputs: [Inputs[0], Inputs[0]] })).toHaveLength(3)
  })
})

describe('templates', () => {
  const application = (Properties: unknown) => ({
    Resources: { App: { Type: 'AWS::KinesisAnalytics::Application', Properties } },
  })

  it('resolve Fn::Join and Fn::Sub of literals', () => {
    const text = (ApplicationCode: unknown) =>
      importApplication(application({ ApplicationName: 'a', ApplicationCode })).code
    expect(text({ 'Fn::Join': ['', ['a', { 'Fn::Join': ['-', ['b', 1, true]] }]] })).toBe('ab-1-true')
    expect(text({ 'Fn::Sub': ['$' + '{x} and $' + '{!y}', { x: { 'Fn::Sub': 'z' } }] })).toBe('z and $' + '{y}')
  })

  it('name the path and the expression that only a deployment can resolve', () => {
    expect(problemsOf(application({ ApplicationName: 'a', ApplicationCode: { Ref: 'Code' } }))[1]).toBe(
      '$.Resources.App.Properties.ApplicationCode: is {"Ref":"Code"}; only literal texts, Fn::Join and Fn::Sub of them can be read, so put the text in its place',
    )
    expect(
      problemsOf(application({ ApplicationName: 'a', ApplicationCode: { 'Fn::Sub': 'x $' + '{Y}' } })),
    ).toHaveLength(2)
    const columns = { ...schema, RecordColumns: [{ Name: { Ref: 'N' }, SqlType: 'INTEGER', Mapping: '$.a' }] }
    expect(
      problemsOf(
        application({
          ApplicationName: 'a',
          ApplicationCode: 'x',
          Inputs: [{ NamePrefix: 'P', KinesisStreamsInput: { ResourceARN: stream }, InputSchema: columns }],
        }),
      )[1],
    ).toMatch(/^\$\.Resources\.App\.Properties\.Inputs\[0\]\.InputSchema\.RecordColumns\[0\]\.Name: is \{"Ref":"N"\}/)
  })

  it('leave ARNs and the application name to the deployment, and say so', () => {
    const definition = importApplication(
      application({
        ApplicationCode: 'x',
        Inputs: [
          {
            NamePrefix: 'P',
            InputParallelism: { Count: '3' },
            KinesisStreamsInput: { ResourceARN: { 'Fn::GetAtt': ['Stream', 'Arn'] } },
            InputSchema: schema,
          },
        ],
      }),
    )
    expect(definition.name).toBe('App')
    expect(definition.inputs[0]).toMatchObject({ resourceArn: null, parallelism: 3 })
    expect(definition.notes).toHaveLength(2)
  })

  it('with several applications need the one to import', () => {
    const { Resources } = application({ ApplicationName: 'a', ApplicationCode: 'x' })
    const several = { Resources: { ...Resources, Other: Resources.App } }
    expect(() => importApplication(several)).toThrow('App, Other')
    expect(importApplication(several, { resource: 'Other' }).code).toBe('x')
  })
})
