/**
 * A SQL application: the program's text and the schema of its input, compiled to something that can run anywhere. It knows
 * neither where records come from nor where results go; a host (task.ts, replay/) brings both.
 */
import type { Decoder } from '../core/codec.ts'
import { createDecoder, createSparingDecoder, type DecoderOptions, schemaOf } from '../core/codecs/decoder.ts'
import type { InputSchema } from '../core/codecs/input-schema.ts'
import { ERROR_STREAM, type ErrorOutput } from '../core/error-output.ts'
import { MillraceError } from '../core/errors.ts'
import type { RowBatch } from '../core/rows.ts'
import type { Schema } from '../core/schema.ts'
import { type ApplicationDefinition, inputStreamNames } from './application-definition.ts'
import { type CompileOptions, compileProgram } from './compile.ts'
import type { FlowMeter } from './flow/flow-meter.ts'
import type { PreprocessorFunction, PreprocessorOptions } from './preprocessor.ts'
import type { Program } from './program.ts'
import { type ReferenceTableSchema, readReferenceTable } from './reference-table.ts'
import { neededColumns, passedColumns } from './sql/needed-columns.ts'
import { planProgram } from './sql/plan.ts'
import { inputsOf, type PlanNode, type ProgramPlan } from './sql/plan-node.ts'

/** Prefix of the input's streams where none is given, as the console of Kinesis Data Analytics has it. */
export const NAME_PREFIX_DEFAULT = 'SOURCE_SQL_STREAM'

export interface ApplicationInputOptions {
  readonly schema: InputSchema
  /** default SOURCE_SQL_STREAM */
  readonly namePrefix?: string
  /** number of streams that the shards are spread over, from 1 (default) to 64 */
  readonly parallelism?: number
  /** what records go through before the schema sees them, in place of the Lambda function of the service */
  readonly preprocessor?: PreprocessorOptions
}

export interface ApplicationOptions {
  /** the SQL program */
  readonly text: string
  readonly input: ApplicationInputOptions
  /** streams whose rows leave the program; default: those that no pump reads. The error stream always leaves */
  readonly outputs?: readonly string[]
  /** by output, what its records are (DestinationSchema); default JSON */
  readonly formats?: ReadonlyMap<string, 'JSON' | 'CSV'>
  readonly referenceTables?: readonly ApplicationTable[]
}

export interface ApplicationTable extends ReferenceTableSchema {
  /** null where a template leaves it to the deployment */
  readonly bucketArn?: string | null
  /** where its definition says that its rows are: the key of an S3 object; null where it does not */
  readonly fileKey?: string | null
}

export interface StartOptions {
  readonly errors: ErrorOutput
  /** CURRENT_TIMESTAMP, epoch milliseconds */
  readonly startedAt: number
  /** CURRENT_ROW_TIMESTAMP */
  readonly rowTimestamp: CompileOptions['rowTimestamp']
  readonly limits?: NonNullable<CompileOptions['limits']>
  /** default `auto` */
  readonly codegen?: NonNullable<CompileOptions['codegen']>
  /** by reference table, the bytes of its file; a table without is empty until `replaceTable` of the program */
  readonly references?: ReadonlyMap<string, Uint8Array>
  /** measures the program; made for the graph of this application */
  readonly meter?: FlowMeter | null
}

/** Plain data and two makers; it can be started any number of times. */
export interface Application {
  readonly text: string
  readonly plan: ProgramPlan
  /** `PREFIX_001` and so on */
  readonly inputStreams: readonly string[]
  readonly inputSchema: InputSchema
  /** null where records go to the schema as they come */
  readonly preprocessor: PreprocessorOptions | null
  readonly referenceTables: readonly ApplicationTable[]
  /** in the order of the program, the error stream last */
  readonly outputs: readonly string[]
  /** what the reader should know, a sentence each */
  readonly warnings: readonly string[]
  /** What the records of an output are, by its DestinationSchema. */
  formatOf(output: string): 'JSON' | 'CSV'
  /** The columns of an output's rows. */
  schemaOf(output: string): Schema | null
  /** A decoder of its own for one reader of the input. Unless the options say otherwise it reads what the program uses, and the rest when asked. */
  createDecoder(options?: DecoderOptions): Decoder
  /**
   * The rows of a reference table's file, for `replaceTable` of a running program.
   * @param rowtime of the error rows, epoch milliseconds
   * @throws MillraceError `invalid_argument` for an unknown table; `state_limit` for a file that is too large
   */
  readTable(name: string, bytes: Uint8Array, errors: ErrorOutput, rowtime: number): readonly RowBatch[]
  start(options: StartOptions): Program
}

/**
 * Compiles a program and settles its outputs. Everything that can be wrong with it is told here, not at its start.
 * @throws SqlError for the text; MillraceError `config` for the input
 */
export function compileApplication(options: ApplicationOptions): Application {
  const { text, input } = options
  const inputStreams = inputStreamNames(input.namePrefix ?? NAME_PREFIX_DEFAULT, input.parallelism ?? 1)
  const schema = schemaOf(input.schema)
  const referenceTables = options.referenceTables ?? []
  const twin = referenceTables.find(
    ({ name }, index) => inputStreams.includes(name) || referenceTables.findIndex(other => other.name === name) < index,
  )
  if (twin !== undefined)
    throw new MillraceError('config', `reference table "${twin.name}" has the name of another relation; rename one`)
  const plan = planProgram(
    text,
    inputStreams.map(name => ({ name, schema })),
    referenceTables.map(table => ({ name: table.name, schema: schemaOf(table.schema) })),
  )
  const readTable: Application['readTable'] = (name, bytes, errors, rowtime) => {
    const table = referenceTables.find(each => each.name === name)
    if (table !== undefined) return readReferenceTable(table, bytes, errors, rowtime)
    throw new MillraceError(
      'invalid_argument',
      `"${name}" is no reference table of the application${tableList(options)}`,
    )
  }
  const streams = new Map(plan.streams.map(stream => [stream.name, stream.schema] as const))
  const wanted = options.outputs ?? defaultOutputs(plan)
  const results = [...new Set(wanted)].filter(name => streams.has(name))
  const missing = wanted.filter(name => !streams.has(name) && name !== ERROR_STREAM)
  const indexes = neededColumns(plan, results)
  const needed = schema.columns.filter((_, index) => indexes === 'all' || indexes.has(index)).map(({ name }) => name)
  const passed = passedColumns(plan, results)
  const passedColumnNames = schema.columns.filter((_, index) => passed.has(index)).map(({ name }) => name)
  const start = ({
    errors,
    startedAt,
    rowTimestamp,
    limits,
    codegen,
    meter,
    references = new Map(),
  }: StartOptions): Program =>
    compileProgram(plan, {
      errors,
      outputs: results,
      startedAt,
      rowTimestamp,
      tables: new Map([...references].map(([name, bytes]) => [name, readTable(name, bytes, errors, startedAt)])),
      ...(limits === undefined ? {} : { limits }),
      ...(codegen === undefined ? {} : { codegen }),
      meter: meter ?? null,
    })
  // Some expressions are refused only when they are compiled.
  start({ errors: { add: () => {} }, startedAt: 0, rowTimestamp: 'rowtime' })
  return {
    text,
    plan,
    inputStreams,
    inputSchema: input.schema,
    preprocessor: input.preprocessor ?? null,
    referenceTables,
    readTable,
    outputs: [...results, ERROR_STREAM],
    warnings: [
      ...plan.warnings.map(({ message, span }) => `${span.line}:${span.column} ${message}`),
      ...missing.map(name => `output "${name}" gets no rows: the program creates no stream of that name`),
    ],
    formatOf: output => options.formats?.get(output) ?? 'JSON',
    schemaOf: output => streams.get(output) ?? null,
    createDecoder: decoderOptions =>
      decoderOptions?.neededColumns === undefined
        ? createSparingDecoder(input.schema, needed, { ...decoderOptions, passedColumns: passedColumnNames })
        : createDecoder(input.schema, decoderOptions),
    start,
  }
}

export interface DefinitionOptions {
  /**
   * The function in place of the Lambda function of InputProcessingConfiguration; `none` where the records come as that
   * function leaves them, or where nothing will run.
   */
  readonly preprocess?: PreprocessorFunction | 'none'
  /** streams whose rows leave the program; default: those that the definition names */
  readonly outputs?: readonly string[]
}

/**
 * The application that a Kinesis Data Analytics definition describes.
 * @throws SqlError for its code; MillraceError `config` for parts that this version cannot run
 */
export function compileDefinition(definition: ApplicationDefinition, options: DefinitionOptions = {}): Application {
  const [input, second] = definition.inputs
  if (input === undefined || second !== undefined)
    throw new MillraceError(
      'config',
      `application ${definition.name} has ${definition.inputs.length} inputs; give it one, as Kinesis Data Analytics does`,
    )
  const { preprocess, outputs = definition.outputs.map(({ name }) => name) } = options
  if (input.processor !== null && preprocess === undefined)
    throw new MillraceError(
      'config',
      `input ${input.namePrefix} is pre-processed by the Lambda function ${input.processor.resourceArn ?? 'of its deployment'}; bind its code with --preprocess MODULE (preprocess in a configuration), or say --preprocess none where records come as it leaves them`,
    )
  const preprocessor =
    typeof preprocess === 'function'
      ? {
          handler: preprocess,
          kind: input.kind,
          applicationArn: `arn:aws:kinesisanalytics:local:000000000000:application/${definition.name}`,
          ...(input.resourceArn === null ? {} : { streamArn: input.resourceArn }),
        }
      : null
  const notes = [...definition.notes]
  if (input.processor !== null && preprocessor === null)
    notes.push(
      `records must come as the pre-processing function ${input.processor.resourceArn ?? 'of the deployment'} leaves them`,
    )
  const application = compileApplication({
    text: definition.code,
    input: {
      schema: input.schema,
      namePrefix: input.namePrefix,
      parallelism: input.parallelism,
      ...(preprocessor === null ? {} : { preprocessor }),
    },
    referenceTables: definition.referenceTables,
    ...(outputs.length === 0 ? {} : { outputs }),
    formats: new Map(definition.outputs.map(({ name, format }) => [name, format])),
  })
  return { ...application, warnings: [...notes, ...application.warnings] }
}

function tableList({ referenceTables = [] }: ApplicationOptions): string {
  return referenceTables.length === 0
    ? ', which has none'
    : `; it has ${referenceTables.map(({ name }) => name).join(', ')}`
}

/** The streams of the program that no pump reads. */
function defaultOutputs(plan: ProgramPlan): readonly string[] {
  const read = new Set<string>()
  const visit = (node: PlanNode): void => {
    if (node.kind === 'scan') read.add(node.stream)
    inputsOf(node).forEach(visit)
  }
  for (const pump of plan.pumps) visit(pump.source)
  return plan.streams.filter(({ name, origin }) => origin === 'program' && !read.has(name)).map(({ name }) => name)
}
