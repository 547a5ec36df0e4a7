/** Applications of Terraform's JSON syntax, as the same application of CreateApplication. */
import { expect, test } from 'vitest'
import { importApplication } from '../../processors/application-json.ts'

const STREAM = 'arn:aws:kinesis:eu-west-1:123456789012:stream/sales'
const LAMBDA = 'arn:aws:lambda:eu-west-1:123456789012:function:clean'
const CODE = 'CREATE STREAM O (K VARCHAR(4))'

const REQUEST = {
  ApplicationName: 'sales',
  ApplicationCode: CODE,
  Inputs: [
    {
      NamePrefix: 'SOURCE_SQL_STREAM',
      KinesisStreamsInput: { ResourceARN: STREAM },
      InputParallelism: { Count: 2 },
      InputProcessingConfiguration: { InputLambdaProcessor: { ResourceARN: LAMBDA } },
      InputSchema: {
        RecordFormat: {
          RecordFormatType: 'JSON',
          MappingParameters: { JSONMappingParameters: { RecordRowPath: '$' } },
        },
        RecordEncoding: 'UTF-8',
        RecordColumns: [{ Name: 'k', SqlType: 'VARCHAR(4)', Mapping: '$.k' }],
      },
    },
  ],
  Outputs: [
    { Name: 'O', KinesisFirehoseOutput: { ResourceARN: 'arn:f' }, DestinationSchema: { RecordFormatType: 'CSV' } },
  ],
  ReferenceDataSources: [
    {
      TableName: 'SHOPS',
      S3ReferenceDataSource: { BucketARN: 'arn:aws:s3:::lake', FileKey: 'shops.csv' },
      ReferenceSchema: {
        RecordFormat: {
          RecordFormatType: 'CSV',
          MappingParameters: { CSVMappingParameters: { RecordRowDelimiter: '\n', RecordColumnDelimiter: ',' } },
        },
        RecordColumns: [{ Name: 'ID', SqlType: 'INTEGER' }],
      },
    },
  ],
}
const TERRAFORM = {
  name: 'sales',
  code: CODE,
  inputs: {
    name_prefix: 'SOURCE_SQL_STREAM',
    kinesis_stream: { resource_arn: STREAM, role_arn: '${aws_iam_role.r.arn}' },
    parallelism: { count: 2 },
    processing_configuration: { lambda: { resource_arn: LAMBDA, role_arn: 'r' } },
    schema: {
      record_columns: { name: 'k', mapping: '$.k', sql_type: 'VARCHAR(4)' },
      record_encoding: 'UTF-8',
      record_format: { mapping_parameters: { json: { record_row_path: '$' } } },
    },
    starting_position_configuration: { starting_position: 'NOW' },
  },
  outputs: [
    { name: 'O', schema: { record_format_type: 'CSV' }, kinesis_firehose: { resource_arn: 'arn:f', role_arn: 'r' } },
  ],
  reference_data_sources: {
    table_name: 'SHOPS',
    s3: { bucket_arn: 'arn:aws:s3:::lake', file_key: 'shops.csv', role_arn: 'r' },
    schema: {
      record_columns: [{ name: 'ID', sql_type: 'INTEGER' }],
      record_format: { mapping_parameters: { csv: { record_row_delimiter: '\n', record_column_delimiter: ',' } } },
    },
  },
}
const configuration = (...names: readonly string[]): object => ({
  resource: { aws_kinesis_analytics_application: Object.fromEntries(names.map(name => [name, TERRAFORM])) },
})

test('an application is the one that Terraform would create, whether blocks are objects or lists', () => {
  const expected = importApplication(REQUEST)
  expect(expected.referenceTables).toHaveLength(1)
  expect(importApplication(configuration('shop'))).toEqual(expected)
  const listed = {
    ...TERRAFORM,
    inputs: [TERRAFORM.inputs],
    reference_data_sources: [TERRAFORM.reference_data_sources],
  }
  const lists = { resource: [{ aws_kinesis_analytics_application: [{ shop: [listed] }] }] }
  expect(importApplication(lists)).toEqual(expected)
})

test('one of several is named, and expressions are left to the deployment where a binding can stand for them', () => {
  expect(() => importApplication(configuration('a', 'b'))).toThrow('holds the applications a, b; say which one')
  expect(importApplication(configuration('a', 'b'), { resource: 'b' }).name).toBe('sales')
  expect(() => importApplication({ resource: {} })).toThrow('holds no aws_kinesis_analytics_application')
  const open = { ...TERRAFORM, name: '${var.name}', outputs: [] as object[] }
  const inputs = { ...TERRAFORM.inputs, kinesis_stream: { resource_arn: '${aws_kinesis_stream.s.arn}' } }
  const resource = (of: object): object => ({ resource: { aws_kinesis_analytics_application: { shop: of } } })
  const definition = importApplication(resource({ ...open, inputs }))
  expect(definition.name).toBe('shop')
  expect(definition.inputs[0]?.resourceArn).toBe(null)
  expect(definition.notes.join('\n')).toContain('${aws_kinesis_stream.s.arn}')
  expect(() => importApplication(resource({ ...TERRAFORM, code: '${file("app.sql")}' }))).toThrow(
    /aws_kinesis_analytics_application\.shop\.ApplicationCode: is .*file/,
  )
})
