/** The processors of a delivery stream as a plan, in the order in which they run, and what is refused about them. */
import type { Problem, ProblemCode } from '../problem.ts'
import type { ProcessingConfiguration, Processor } from './common.ts'
import { QUERY_KEYS_MAX, queryKeysOf } from './jq-keys.ts'

/** Firehose guide: processors of a stream. */
export const PROCESSORS_MAX = 5
const LAMBDA_SIZE_MIB = { min: 0.2, max: 3, default: 1, splunk: 0.25 }
const LAMBDA_INTERVAL_SECONDS = { min: 0, max: 900, default: 60 }
const LAMBDA_RETRIES = { min: 0, max: 300, default: 3 }

export interface LambdaStage {
  readonly lambdaArn: string
  /** further attempts of a failed invocation */
  readonly retries: number
  readonly sizeMiB: number
  readonly intervalSeconds: number
}

export type DeAggregation = { readonly kind: 'JSON' } | { readonly kind: 'DELIMITED'; readonly delimiter: Uint8Array }

/** What runs, whatever the order of the list: decompression, extraction, de-aggregation, Lambda, keys, delimiter. */
export interface ProcessingPlan {
  readonly decompress: boolean
  readonly extractLogMessages: boolean
  readonly deAggregation: DeAggregation | null
  readonly lambda: LambdaStage | null
  /** jq text and the keys that it yields */
  readonly query: { readonly text: string; readonly keys: readonly string[] } | null
  readonly appendDelimiter: boolean
}

export const NO_PROCESSING: ProcessingPlan = {
  decompress: false,
  extractLogMessages: false,
  deAggregation: null,
  lambda: null,
  query: null,
  appendDelimiter: false,
}

/** @param splunk its Lambda stage has a smaller buffer by default */
export function processingPlanOf(
  configuration: ProcessingConfiguration | undefined,
  path: string,
  problems: Problem[],
  splunk = false,
): ProcessingPlan {
  // Left out means off here, unlike in the conversion block (probes).
  if (configuration?.Enabled !== true) return NO_PROCESSING
  const processors = configuration.Processors ?? []
  const at = `${path}.ProcessingConfiguration`
  const refuse = (code: ProblemCode, message: string): void =>
    void problems.push({ path: `${at}.Processors`, code, message })
  if (processors.length < 1 || processors.length > PROCESSORS_MAX)
    refuse('PROC_COUNT', `${processors.length} processors; enabled processing has 1 to ${PROCESSORS_MAX}`)
  const of = (type: Processor['Type']): readonly Processor[] => processors.filter(({ Type }) => Type === type)
  const decompression = of('Decompression')[0]
  const extraction = of('CloudWatchLogProcessing')[0]
  if (extraction !== undefined && decompression === undefined)
    refuse('CWL_ORDER', 'CloudWatchLogProcessing needs the Decompression processor before it')
  if (decompression !== undefined && (parameter(decompression, 'CompressionFormat') ?? 'GZIP') !== 'GZIP')
    refuse('DECOMPRESSION', 'Decompression knows CompressionFormat GZIP alone')
  return {
    decompress: decompression !== undefined,
    extractLogMessages: extraction !== undefined && parameter(extraction, 'DataMessageExtraction') !== 'false',
    deAggregation: deAggregationOf(of('RecordDeAggregation')[0], refuse),
    lambda: lambdaOf(of('Lambda'), splunk, refuse),
    query: queryOf(of('MetadataExtraction')[0], refuse),
    appendDelimiter: of('AppendDelimiterToRecord').length > 0,
  }
}

type Refuse = (code: ProblemCode, message: string) => void

function parameter(processor: Processor, name: string): string | undefined {
  return processor.Parameters?.find(({ ParameterName }) => ParameterName === name)?.ParameterValue
}

function deAggregationOf(processor: Processor | undefined, refuse: Refuse): DeAggregation | null {
  if (processor === undefined) return null
  const type = parameter(processor, 'SubRecordType')
  const delimiter = parameter(processor, 'Delimiter')
  if (type === 'JSON') return { kind: 'JSON' }
  if (type !== 'DELIMITED') refuse('DEAGG', `SubRecordType ${shown(type)} is none of JSON, DELIMITED`)
  else if (delimiter === undefined) refuse('DEAGG', 'SubRecordType DELIMITED needs a Delimiter in base64')
  else {
    const bytes = Buffer.from(delimiter, 'base64')
    if (bytes.length > 0 && bytes.toString('base64') === delimiter)
      return { kind: 'DELIMITED', delimiter: new Uint8Array(bytes) }
    refuse('DEAGG', `Delimiter ${shown(delimiter)} is no base64; a line feed is Cg==`)
  }
  return null
}

function lambdaOf(processors: readonly Processor[], splunk: boolean, refuse: Refuse): LambdaStage | null {
  const [processor, second] = processors
  if (processor === undefined) return null
  if (second !== undefined) refuse('PROC_LAMBDA', `${processors.length} Lambda processors; a stream has one at most`)
  const lambdaArn = parameter(processor, 'LambdaArn')
  if (lambdaArn === undefined) refuse('PROC_LAMBDA', 'the Lambda processor needs the parameter LambdaArn')
  const number = (
    name: string,
    code: ProblemCode,
    bounds: { min: number; max: number; default: number },
    whole: boolean,
  ): number => {
    const given = parameter(processor, name)
    if (given === undefined) return bounds.default
    const value = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN
    if (value >= bounds.min && value <= bounds.max && (!whole || Number.isInteger(value))) return value
    refuse(code, `${name} ${shown(given)} is no ${whole ? 'whole ' : ''}number from ${bounds.min} to ${bounds.max}`)
    return bounds.default
  }
  const size = { ...LAMBDA_SIZE_MIB, default: splunk ? LAMBDA_SIZE_MIB.splunk : LAMBDA_SIZE_MIB.default }
  const stage = {
    lambdaArn: lambdaArn ?? '',
    retries: number('NumberOfRetries', 'PROC_RETRIES', LAMBDA_RETRIES, true),
    sizeMiB: number('BufferSizeInMBs', 'PROC_BUFFER', size, false),
    intervalSeconds: number('BufferIntervalInSeconds', 'PROC_BUFFER', LAMBDA_INTERVAL_SECONDS, true),
  }
  const hasSize = parameter(processor, 'BufferSizeInMBs') !== undefined
  if (hasSize !== (parameter(processor, 'BufferIntervalInSeconds') !== undefined))
    refuse('PROC_BUFFER', 'BufferSizeInMBs and BufferIntervalInSeconds are given together or not at all')
  return stage
}

function queryOf(processor: Processor | undefined, refuse: Refuse): ProcessingPlan['query'] {
  if (processor === undefined) return null
  const text = parameter(processor, 'MetadataExtractionQuery')
  const engine = parameter(processor, 'JsonParsingEngine')
  if (engine !== 'JQ-1.6') refuse('QUERY_ENGINE', `JsonParsingEngine ${shown(engine)} is not JQ-1.6`)
  if (text === undefined) {
    refuse('QUERY_ENGINE', 'MetadataExtraction needs the parameter MetadataExtractionQuery')
    return null
  }
  const keys = queryKeysOf(text)
  if (typeof keys === 'string') refuse('QUERY_ENGINE', `MetadataExtractionQuery: ${keys}`)
  else if (keys.length < 1 || keys.length > QUERY_KEYS_MAX)
    refuse('QUERY_ENGINE', `MetadataExtractionQuery has ${keys.length} keys; it has 1 to ${QUERY_KEYS_MAX}`)
  return { text, keys: typeof keys === 'string' ? [] : keys }
}

function shown(value: string | undefined): string {
  return value === undefined ? '(missing)' : JSON.stringify(value.slice(0, 60))
}
