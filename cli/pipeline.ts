/** What a pipeline is, as a user writes it in `millrace.config.ts`: plain data, checked and resolved before anything runs. */
import { dirname, resolve } from 'node:path'
import { type InputSchema, parseInputSchema } from '../core/codecs/input-schema.ts'
import { parsePath } from '../core/codecs/json/path.ts'
import { type Files, MillraceError } from '../core/index.ts'
import { type Dashboard, FieldMask } from '../dashboards/index.ts'
import {
  type Application,
  type ApplicationDefinition,
  type ApplicationTable,
  compileApplication,
  compileDefinition,
  importApplication,
  type PreprocessorFunction,
} from '../processors/index.ts'
import { withSource } from './exit.ts'
import { loadHandler } from './module-loader.ts'
import { type DeliveryOutput, deliveryOutputProblems } from './outputs/delivery-output.ts'
import { type LocalFilesOutput, localFilesProblems } from './outputs/local-files.ts'
import type { Output } from './outputs/open-output.ts'
import { type ResourcesDefinition, resourceOutput } from './outputs/resource-output.ts'
import { readJson, readText } from './pipeline-files.ts'

/** Where the rows of an output stream go: `localFiles`, `deliveryStream` or `destination`. */
export type PipelineOutput = LocalFilesOutput | DeliveryOutput

/** A stream that lives in this process. */
export interface EmbeddedSource {
  readonly kind: 'embedded'
  readonly StreamName: string
  /** default 4 */
  readonly ShardCount?: number
  /** where records are kept, relative to the configuration file; left out, they end with the process */
  readonly directory?: string
}

/** A reference table of a pipeline. */
export interface ReferenceDefinition {
  /** JSON or CSV, relative to the configuration file */
  readonly file: string
  /** a KDA ReferenceSchema: a JSON file or the object; an application brings its own */
  readonly schema?: string | object
  /** the file is read again when it has changed, looked for at this interval; left out, it is read once */
  readonly refreshSeconds?: number
}

export interface PipelineDefinition {
  readonly name: string
  readonly source: EmbeddedSource
  /** a KDA InputSchema: a JSON file, relative to the configuration file, or the object itself */
  readonly schema?: string | object
  /** a .sql file, relative to the configuration file, or the program itself */
  readonly sql?: string
  /** in place of `schema` and `sql`: a KDA application, as a JSON file or the object */
  readonly application?: string | object
  /** by reference table, stored name */
  readonly references?: Readonly<Record<string, ReferenceDefinition>>
  /**
   * What records go through before the schema sees them: a function with the contract of KDA's pre-processing Lambda
   * functions, or a module that exports it as `handler` or by default. `none` where an application names a Lambda function
   * whose work is done already.
   */
  readonly preprocess?: string | PreprocessorFunction
  /**
   * Sends the outputs that `application` names by ARN there: to streams of Kinesis, delivery streams of Firehose and Lambda functions.
   * Streams that `outputs` names go where it says. Left out, what the application names is not reached.
   */
  readonly resources?: ResourcesDefinition
  /** by output stream, stored name; a stream that is named gets its rows delivered. `error_stream` may be among them */
  readonly outputs?: Readonly<Record<string, PipelineOutput | readonly PipelineOutput[]>>
  /**
   * For a source with a directory: each row is in the files exactly once, whatever ends the process. What was done becomes true, and
   * visible, in rounds.
   */
  readonly rounds?: RoundsDefinition
  readonly dashboard?: Dashboard
  /**
   * Columns whose values nobody sees in samples of rows (pages, `millrace tap`): `EMAIL` for that column of every stream, or
   * `CLICKS.EMAIL`. Results and files are untouched.
   */
  readonly masks?: readonly string[]
}

export interface RoundsDefinition {
  /** where the state of the task is kept, relative to the configuration file; default the source's directory with `-state` behind it */
  readonly directory?: string
  /** how long a round is: rows become visible that much later. Default 60; from 1 to 3,600. */
  readonly IntervalInSeconds?: number
}

/** A pipeline with its files read and its program compiled. */
export interface Pipeline {
  readonly name: string
  readonly source: EmbeddedSource
  readonly application: Application
  readonly outputs: ReadonlyMap<string, readonly Output[]>
  /** by reference table, where its rows are and how often to look, in milliseconds; null: once */
  readonly references: ReadonlyMap<string, { readonly path: string; readonly everyMs: number | null }>
  /** null where the source ends with the process */
  readonly rounds: { readonly directory: string; readonly intervalMs: number } | null
  readonly dashboard: Dashboard | null
  readonly mask: FieldMask
}

/** Types a pipeline; `resolvePipeline` checks it. */
export function definePipeline(definition: PipelineDefinition): PipelineDefinition {
  return definition
}

/** A stream in this process, in memory unless a directory is given. */
export function embedded(options: Omit<EmbeddedSource, 'kind'>): EmbeddedSource {
  return { kind: 'embedded', ...options }
}

/**
 * Reads and compiles what a definition names.
 * @param file the configuration file, absolute; paths in the definition are relative to it
 * @throws MillraceError `config`, and SourceError for the program
 */
export async function resolvePipeline(definition: PipelineDefinition, file: string, files: Files): Promise<Pipeline> {
  const problems = shapeProblems(definition)
  if (problems.length > 0)
    throw new MillraceError('config', `${file}:${problems.map(problem => `\n  ${problem}`).join('')}`)
  const base = dirname(file)
  const outputs = new Map<string, readonly Output[]>()
  for (const [stream, output] of Object.entries(definition.outputs ?? {}))
    outputs.set(stream, await Promise.all([output].flat().map(one => resolvedOutput(one, base, files))))
  const imported = await importedApplication(definition, base, files)
  if (definition.resources !== undefined && imported !== null)
    for (const output of imported.outputs.filter(({ name }) => !Object.hasOwn(definition.outputs ?? {}, name))) {
      const made = await resolvedOutput(await resourceOutput(output, definition.resources), base, files)
      outputs.set(output.name, [...(outputs.get(output.name) ?? []), made])
    }
  const references = new Map(
    Object.entries(definition.references ?? {}).map(([table, { file: path, refreshSeconds }]) => [
      table,
      { path: resolve(base, path), everyMs: refreshSeconds === undefined ? null : refreshSeconds * 1_000 },
    ]),
  )
  const application = await compiled(definition, imported, file, files, [...outputs.keys()])
  const { source } = definition
  for (const table of references.keys())
    if (!application.referenceTables.some(({ name }) => name === table))
      throw new MillraceError(
        'config',
        `${file}: references.${table}: the application has no reference table "${table}"`,
      )
  for (const { name, fileKey } of application.referenceTables)
    if (!references.has(name)) {
      const path = typeof definition.application === 'string' ? resolve(base, dirname(definition.application)) : base
      if (typeof fileKey !== 'string')
        throw new MillraceError('config', `${file}: reference table "${name}" has no file; add it to references`)
      references.set(name, { path: resolve(path, fileKey), everyMs: null })
    }
  return {
    name: definition.name,
    source: { ...source, ...(source.directory === undefined ? {} : { directory: resolve(base, source.directory) }) },
    application,
    outputs,
    references,
    rounds:
      source.directory === undefined
        ? null
        : {
            directory: resolve(base, definition.rounds?.directory ?? `${source.directory}-state`),
            intervalMs: (definition.rounds?.IntervalInSeconds ?? 60) * 1_000,
          },
    dashboard: definition.dashboard ?? null,
    mask: new FieldMask(definition.masks, keysOf(application.inputSchema)),
  }
}

/** By column, the key that its values have in the data: the last name of its Mapping. */
function keysOf({ columns }: InputSchema): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  for (const { name, mapping } of columns) {
    const steps = mapping === null ? '' : parsePath(mapping)
    if (typeof steps === 'string') continue
    const last = steps.findLast(step => step !== 'elements')
    keys.set(name, last?.name ?? '')
  }
  return keys
}

async function resolvedOutput(output: PipelineOutput, base: string, files: Files): Promise<Output> {
  if (output.kind === 'localFiles') return { ...output, directory: resolve(base, output.directory) }
  const { definition, directory } = output
  return {
    ...output,
    definition:
      typeof definition === 'string' ? ((await readJson(files, resolve(base, definition))) as object) : definition,
    ...(directory !== undefined && { directory: resolve(base, directory) }),
  } as Output
}

/** The application of a definition; null without one. */
async function importedApplication(
  { application }: PipelineDefinition,
  base: string,
  files: Files,
): Promise<ApplicationDefinition | null> {
  if (application === undefined) return null
  return importApplication(
    typeof application === 'string' ? await readJson(files, resolve(base, application)) : application,
  )
}

/** The program of a definition, or its application. */
async function compiled(
  definition: PipelineDefinition,
  imported: ApplicationDefinition | null,
  file: string,
  files: Files,
  outputs: readonly string[],
): Promise<Application> {
  const base = dirname(file)
  const { preprocess, sql = '', references = {} } = definition
  const handler =
    typeof preprocess === 'string' && preprocess !== 'none'
      ? await loadHandler(resolve(base, preprocess))
      : (preprocess as PreprocessorFunction | 'none' | undefined)
  const wanted = outputs.length === 0 ? {} : { outputs }
  if (imported !== null) {
    const options = { ...wanted, ...(handler === undefined ? {} : { preprocess: handler }) }
    return withSource({ file: `${file} (code of ${imported.name})`, text: imported.code }, () =>
      compileDefinition(imported, options),
    )
  }
  const schemaOf = async (schema: string | object | undefined, what: string): Promise<InputSchema> =>
    parseInputSchema(typeof schema === 'string' ? await readJson(files, resolve(base, schema)) : schema, what)
  const sqlFile = /\.sql$/i.test(sql.trim()) ? resolve(base, sql.trim()) : null
  const text = sqlFile === null ? sql : await readText(files, sqlFile)
  const schema = await schemaOf(definition.schema, 'the schema')
  const referenceTables: ApplicationTable[] = []
  for (const [name, reference] of Object.entries(references))
    referenceTables.push({ name, schema: await schemaOf(reference.schema, name) })
  const input = { schema, ...(typeof handler === 'function' ? { preprocessor: { handler } } : {}) }
  return withSource({ file: sqlFile ?? `${file} (sql)`, text }, () =>
    compileApplication({ text, input, referenceTables, ...wanted }),
  )
}

/** What types would have said, for configurations that nobody type-checked. */
function shapeProblems(definition: PipelineDefinition): readonly string[] {
  const given = definition as unknown as Readonly<Record<string, unknown>>
  const problems: string[] = []
  if (typeof given['name'] !== 'string' || given['name'] === '')
    problems.push('name: write a short name, such as "clickstream"')
  const source = given['source'] as Partial<EmbeddedSource> | undefined
  if (source?.kind !== 'embedded')
    problems.push(
      'source: this version reads embedded({ StreamName }) only; write source: embedded({ StreamName: "clicks" })',
    )
  else if (typeof source.StreamName !== 'string') problems.push('source.StreamName: write the name of the stream')
  const isPathOrObject = (value: unknown): boolean =>
    typeof value === 'string' || (typeof value === 'object' && value !== null)
  if (given['application'] !== undefined) {
    if (!isPathOrObject(given['application'])) problems.push('application: write the path of its JSON, or the object')
    for (const key of ['sql', 'schema'])
      if (given[key] !== undefined) problems.push(`${key}: leave it out, the application has its own`)
  } else {
    if (typeof given['sql'] !== 'string') problems.push('sql: write the path of a .sql file, or the program itself')
    if (!isPathOrObject(given['schema']))
      problems.push('schema: write the path of a KDA InputSchema as JSON, or the object itself')
  }
  if (given['resources'] !== undefined) {
    if (given['application'] === undefined)
      problems.push('resources: they are those of an application; leave them out, or give the application')
    if (typeof (given['resources'] as { readonly failed?: unknown } | null)?.failed !== 'string')
      problems.push('resources.failed: write the path of a directory for rows that are refused for good')
  }
  if (given['preprocess'] !== undefined && !['string', 'function'].includes(typeof given['preprocess']))
    problems.push('preprocess: write the path of a module, or the function')
  const masks = given['masks'] ?? []
  if (!(Array.isArray(masks) && masks.every(mask => typeof mask === 'string' && /^[^.]+(\.[^.]+)?$/.test(mask))))
    problems.push('masks: write a list of columns, such as ["EMAIL", "CLICKS.CARD_NUMBER"]')
  const { directory, IntervalInSeconds = 60 } = (given['rounds'] ?? {}) as Record<string, unknown>
  if (given['rounds'] !== undefined && source?.directory === undefined)
    problems.push('rounds: they need a source that outlives the process; give the source a directory')
  if (directory !== undefined && typeof directory !== 'string')
    problems.push('rounds.directory: write the path of a directory')
  if (!(typeof IntervalInSeconds === 'number' && IntervalInSeconds >= 1 && IntervalInSeconds <= 3_600))
    problems.push('rounds.IntervalInSeconds: must be a number of seconds from 1 to 3600')
  for (const [table, reference] of Object.entries((given['references'] ?? {}) as Record<string, unknown>)) {
    const { file, schema, refreshSeconds } = (reference ?? {}) as Record<string, unknown>
    if (typeof file !== 'string') problems.push(`references.${table}.file: write the path of a JSON or CSV file`)
    if (given['application'] === undefined && !isPathOrObject(schema))
      problems.push(`references.${table}.schema: write the path of a KDA ReferenceSchema as JSON, or the object itself`)
    if (refreshSeconds !== undefined && !(typeof refreshSeconds === 'number' && refreshSeconds >= 0.1))
      problems.push(`references.${table}.refreshSeconds: must be a number of seconds from 0.1`)
  }
  for (const [stream, output] of Object.entries((given['outputs'] ?? {}) as Record<string, unknown>))
    for (const one of [output].flat())
      problems.push(...outputProblems(one).map(text => `outputs.${stream}${text.startsWith('.') ? '' : ': '}${text}`))
  return problems
}

function outputProblems(output: unknown): readonly string[] {
  const given = (output ?? {}) as Readonly<Record<string, unknown>>
  const format = (given['DestinationSchema'] as { readonly RecordFormatType?: unknown } | undefined)?.RecordFormatType
  const problems =
    given['kind'] === 'deliveryStream'
      ? deliveryOutputProblems(given)
      : given['kind'] === 'localFiles' && typeof given['directory'] === 'string'
        ? localFilesProblems(given)
        : null
  if (problems === null)
    return ['write localFiles({ directory }), deliveryStream({ definition }) or destination({ destination, failed })']
  return [
    ...problems.map(text => `.${text}`),
    ...(['JSON', 'CSV', undefined].includes(format as 'JSON')
      ? []
      : ['.DestinationSchema.RecordFormatType: must be "JSON" or "CSV"']),
  ]
}
