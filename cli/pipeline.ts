/** What a pipeline is, as a user writes it in `millrace.config.ts`: plain data, checked and resolved before anything runs. */
import { dirname, resolve } from 'node:path'
import { parseInputSchema } from '../core/codecs/input-schema.ts'
import { type Files, hasCode, MillraceError } from '../core/index.ts'
import type { Dashboard } from '../dashboards/index.ts'
import { type Application, compileApplication } from '../processors/index.ts'
import type { DeliveryOptions } from '../sinks/index.ts'
import { withSource } from './exit.ts'

/** A stream that lives in this process. */
export interface EmbeddedSource {
  readonly kind: 'embedded'
  readonly StreamName: string
  /** default 4 */
  readonly ShardCount?: number
  /** where records are kept, relative to the configuration file; left out, they end with the process */
  readonly directory?: string
}

/** Objects below a local directory, in Firehose's words. */
export interface LocalFilesOutput extends Omit<DeliveryOptions, 'DeliveryStreamName'> {
  readonly kind: 'localFiles'
  /** relative to the configuration file */
  readonly directory: string
  /** begins object names; default the name of the stream */
  readonly DeliveryStreamName?: string
}

export interface PipelineDefinition {
  readonly name: string
  readonly source: EmbeddedSource
  /** a KDA InputSchema: a JSON file, relative to the configuration file, or the object itself */
  readonly schema: string | object
  /** a .sql file, relative to the configuration file, or the program itself */
  readonly sql: string
  /** by output stream, stored name; a stream that is named gets its rows delivered. `error_stream` may be among them */
  readonly outputs?: Readonly<Record<string, LocalFilesOutput | readonly LocalFilesOutput[]>>
  readonly dashboard?: Dashboard
}

/** A pipeline with its files read and its program compiled. */
export interface Pipeline {
  readonly name: string
  readonly source: EmbeddedSource
  readonly application: Application
  readonly outputs: ReadonlyMap<string, readonly LocalFilesOutput[]>
  readonly dashboard: Dashboard | null
}

/** Types a pipeline; `resolvePipeline` checks it. */
export function definePipeline(definition: PipelineDefinition): PipelineDefinition {
  return definition
}

/** A stream in this process, in memory unless a directory is given. */
export function embedded(options: Omit<EmbeddedSource, 'kind'>): EmbeddedSource {
  return { kind: 'embedded', ...options }
}

/** Objects below a local directory: JSON lines or Parquet, named and buffered as Firehose does. */
export function localFiles(options: Omit<LocalFilesOutput, 'kind'>): LocalFilesOutput {
  return { kind: 'localFiles', ...options }
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
  const sqlFile = /\.sql$/i.test(definition.sql.trim()) ? resolve(base, definition.sql.trim()) : null
  const text = sqlFile === null ? definition.sql : await readText(files, sqlFile)
  const schemaJson =
    typeof definition.schema === 'string' ? await readJson(files, resolve(base, definition.schema)) : definition.schema
  const outputs = new Map(
    Object.entries(definition.outputs ?? {}).map(([stream, output]) => [
      stream,
      [output].flat().map(one => ({ ...one, directory: resolve(base, one.directory) })),
    ]),
  )
  const application = withSource({ file: sqlFile ?? `${file} (sql)`, text }, () =>
    compileApplication({
      text,
      input: { schema: parseInputSchema(schemaJson) },
      ...(outputs.size === 0 ? {} : { outputs: [...outputs.keys()] }),
    }),
  )
  const { source } = definition
  return {
    name: definition.name,
    source: { ...source, ...(source.directory === undefined ? {} : { directory: resolve(base, source.directory) }) },
    application,
    outputs,
    dashboard: definition.dashboard ?? null,
  }
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
  if (typeof given['sql'] !== 'string') problems.push('sql: write the path of a .sql file, or the program itself')
  if (typeof given['schema'] !== 'string' && (typeof given['schema'] !== 'object' || given['schema'] === null))
    problems.push('schema: write the path of a KDA InputSchema as JSON, or the object itself')
  for (const [stream, output] of Object.entries((given['outputs'] ?? {}) as Record<string, unknown>))
    for (const one of [output].flat() as Partial<LocalFilesOutput>[])
      if (one?.kind !== 'localFiles' || typeof one.directory !== 'string')
        problems.push(`outputs.${stream}: this version delivers to localFiles({ directory }) only`)
  return problems
}

/** @throws MillraceError `config` when there is no such file */
export async function readText(files: Files, path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await files.readAll(path))
  } catch (cause) {
    if (hasCode(cause, 'not_found')) throw new MillraceError('config', `${path}: there is no such file`, { cause })
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('config', `${path} is not UTF-8 text`, { cause })
  }
}

/** @throws MillraceError `config` when the file is missing or no JSON */
export async function readJson(files: Files, path: string): Promise<unknown> {
  const text = await readText(files, path)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MillraceError('config', `${path} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}
