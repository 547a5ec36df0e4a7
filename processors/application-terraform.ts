/**
 * `aws_kinesis_analytics_application` of Terraform's JSON syntax as the request that it becomes. Blocks may be objects or lists
 * of one; expressions (`${...}`) are left to the deployment, as those of CloudFormation are.
 */
import { Unresolved } from './application-template.ts'

const KIND = 'aws_kinesis_analytics_application'

/** An application resource and its name in the configuration. */
export interface TerraformApplication {
  readonly name: string
  /** in the words of CreateApplication */
  readonly request: Readonly<Record<string, unknown>>
}

type Block = Readonly<Record<string, unknown>>

/** The application resources of a configuration; null where it is no Terraform configuration. */
export function terraformApplications(json: unknown): readonly TerraformApplication[] | null {
  const resources = block(block(json)?.['resource'])
  if (resources === null) return null
  return Object.entries(block(resources[KIND]) ?? {}).flatMap(([name, value]) => {
    const application = block(value)
    return application === null ? [] : [{ name, request: requestOf(application) }]
  })
}

function requestOf(application: Block): Block {
  return present({
    ApplicationName: literal(application['name']),
    ApplicationCode: literal(application['code']),
    Inputs: blocks(application['inputs']).map(input =>
      present({
        NamePrefix: literal(input['name_prefix']),
        InputParallelism: renamed(input['parallelism'], { count: 'Count' }),
        InputSchema: schemaOf(input['schema']),
        InputProcessingConfiguration: processingOf(input['processing_configuration']),
        ...resources(input, 'Input'),
      }),
    ),
    Outputs: blocks(application['outputs']).map(output =>
      present({
        Name: literal(output['name']),
        DestinationSchema: renamed(output['schema'], { record_format_type: 'RecordFormatType' }),
        ...resources(output, 'Output'),
      }),
    ),
    ReferenceDataSources: blocks(application['reference_data_sources']).map(table =>
      present({
        TableName: literal(table['table_name']),
        S3ReferenceDataSource: renamed(table['s3'], { bucket_arn: 'BucketARN', file_key: 'FileKey' }),
        ReferenceSchema: schemaOf(table['schema']),
      }),
    ),
  })
}

function resources(of: Block, direction: 'Input' | 'Output'): Block {
  const arn = { resource_arn: 'ResourceARN' }
  return {
    [`KinesisStreams${direction}`]: renamed(of['kinesis_stream'], arn),
    [`KinesisFirehose${direction}`]: renamed(of['kinesis_firehose'], arn),
    [`Lambda${direction}`]: renamed(of['lambda'], arn),
  }
}

function processingOf(value: unknown): Block | undefined {
  const lambda = renamed(block(value)?.['lambda'], { resource_arn: 'ResourceARN' })
  return lambda === undefined ? undefined : { InputLambdaProcessor: lambda }
}

function schemaOf(value: unknown): Block | undefined {
  const schema = block(value)
  if (schema === null) return undefined
  const parameters = block(block(schema['record_format'])?.['mapping_parameters'])
  const json = renamed(parameters?.['json'], { record_row_path: 'RecordRowPath' })
  const csv = renamed(parameters?.['csv'], {
    record_row_delimiter: 'RecordRowDelimiter',
    record_column_delimiter: 'RecordColumnDelimiter',
  })
  return present({
    RecordColumns: blocks(schema['record_columns']).map(column =>
      renamed(column, { name: 'Name', mapping: 'Mapping', sql_type: 'SqlType' }),
    ),
    RecordEncoding: literal(schema['record_encoding']),
    RecordFormat: present({
      RecordFormatType: csv === undefined ? 'JSON' : 'CSV',
      MappingParameters: present({ JSONMappingParameters: json, CSVMappingParameters: csv }),
    }),
  })
}

/** The only object of a block. */
function block(value: unknown): Block | null {
  const single: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
  return typeof single === 'object' && single !== null && !Array.isArray(single) ? (single as Block) : null
}

function blocks(value: unknown): readonly Block[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.flatMap((each): readonly Block[] => {
    const found = block(each)
    return found === null ? [] : [found]
  })
}

function renamed(value: unknown, names: Readonly<Record<string, string>>): Block | undefined {
  const found = block(value)
  if (found === null) return undefined
  return present(Object.fromEntries(Object.entries(names).map(([from, to]) => [to, literal(found[from])])))
}

/** `$${` stands for `${` in a text without expressions. */
function literal(value: unknown): unknown {
  if (typeof value !== 'string') return value
  return /(?<!\$)[$%]\{/.test(value) ? new Unresolved(value) : value.replaceAll('$${', '${').replaceAll('%%{', '%{')
}

function present(members: Readonly<Record<string, unknown>>): Block {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null))
}
