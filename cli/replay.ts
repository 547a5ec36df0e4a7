/** `millrace replay`: an SQL program over a file, with the same answer every time. */
import { dirname, resolve } from 'node:path'
import { parseInputSchema } from '../core/codecs/input-schema.ts'
import { type Env, ERROR_STREAM, MillraceError, nodeEnv } from '../core/index.ts'
import {
  type Application,
  type ApplicationDefinition,
  type ApplicationTable,
  compileApplication,
  compileDefinition,
  importApplication,
  type ReplayProgress,
  type ReplayReport,
  replayFile,
} from '../processors/index.ts'
import { type Bindings, boundObject, NO_BINDINGS, readBindings } from './bindings.ts'
import { EXIT, type ExitCode, withSource } from './exit.ts'
import { loadHandler } from './module-loader.ts'
import { type CommandOptions, parsePairs, parseWhole } from './options.ts'
import { readJson, readText } from './pipeline-files.ts'
import { count, duration, openTerminal, size, type Terminal } from './terminal.ts'

const BAR_CELLS = 24

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const terminal = openTerminal()
  const name = String(args[0])
  const read = await readApplication(name, given, nodeEnv)
  const { application } = read
  const input = inputFile(read, given['input'])
  const format = given['format']
  if (format !== 'rows' && format !== 'records')
    throw new MillraceError('usage', `--format "${format}" must be rows or records`)
  for (const warning of application.warnings) terminal.print(`warning: ${warning}`)
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  const out = resolve(String(given['out']))
  try {
    const report = await replayFile(
      {
        application,
        file: input,
        format,
        outputDirectory: out,
        shards: parseWhole('--shards', String(given['shards']), 1, 1_000),
        batchRecordsMax: parseWhole('--batch', String(given['batch']), 1, 10_000),
        references: referenceFiles(read, parsePairs('--reference', given['reference'])),
        signal: stopping.signal,
        onNotice: text => terminal.print(`warning: ${text}`),
        onProgress: progress => terminal.status(progressLine(progress), nodeEnv.clock.monotonicMs()),
        ...(given['arrival'] === undefined ? {} : { arrivalColumn: given['arrival'] }),
      },
      nodeEnv,
    )
    terminal.clear()
    tell(report, out, terminal)
    return EXIT.done
  } catch (error) {
    terminal.clear()
    throw error
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

/** Where the reference tables are: as the command says, as the bindings say, else under the file key beside the application. */
function referenceFiles(
  { application, bindings, file }: ReadApplication,
  given: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const { name, bucketArn = null, fileKey = null } of application.referenceTables) {
    const bound = boundObject(bindings, bucketArn, fileKey)
    if (bound !== null) files.set(name, bound)
    else if (fileKey !== null) files.set(name, resolve(dirname(file), fileKey))
  }
  for (const [name, path] of given) files.set(name, resolve(path))
  return files
}

/** The records to replay: as the command says, else what the source of the application is bound to. */
function inputFile({ bindings, definition }: ReadApplication, given: string | undefined): string {
  if (given !== undefined) return resolve(given)
  const arn = definition?.inputs[0]?.resourceArn
  const bound = typeof arn === 'string' ? bindings.get(arn) : undefined
  if (bound === undefined) throw new MillraceError('usage', 'the records are missing: add --input FILE')
  return bound
}

/** An application and what its command says about it. */
export interface ReadApplication {
  readonly application: Application
  /** null for a .sql file */
  readonly definition: ApplicationDefinition | null
  readonly bindings: Bindings
  /** absolute */
  readonly file: string
}

/**
 * The application that a command names: a .sql file with a schema beside it, or a KDA application JSON.
 * @throws MillraceError `usage`, `config`; SourceError for the program
 */
export async function readApplication(
  name: string,
  given: CommandOptions,
  env: Pick<Env, 'files'>,
): Promise<ReadApplication> {
  const file = resolve(name)
  const tables = parsePairs('--reference-schema', given['referenceSchema'])
  const schemaFile = given['schema']
  const preprocess = given['preprocess']
  if (!/\.json$/i.test(file)) {
    if (schemaFile === undefined)
      throw new MillraceError(
        'usage',
        `${name} needs the schema of its input: add --schema SCHEMA.json, a KDA InputSchema`,
      )
    for (const option of ['bindings', 'resource'])
      if (given[option] !== undefined)
        throw new MillraceError('usage', `--${option} goes with an application JSON; ${name} is none`)
    const text = await readText(env.files, file)
    const schema = parseInputSchema(await readJson(env.files, resolve(schemaFile)))
    const referenceTables: ApplicationTable[] = []
    for (const [table, path] of tables)
      referenceTables.push({ name: table, schema: parseInputSchema(await readJson(env.files, resolve(path)), table) })
    const preprocessor =
      preprocess === undefined || preprocess === 'none' ? null : { handler: await loadHandler(resolve(preprocess)) }
    const input = { schema, ...(preprocessor === null ? {} : { preprocessor }) }
    const application = withSource({ file: name, text }, () => compileApplication({ text, input, referenceTables }))
    return { application, definition: null, bindings: NO_BINDINGS, file }
  }
  if (tables.size > 0)
    throw new MillraceError('usage', `${name} is an application with its own tables; leave out --reference-schema`)
  if (schemaFile !== undefined)
    throw new MillraceError('usage', `${name} is an application with its own InputSchema; leave out --schema`)
  const bindings =
    given['bindings'] === undefined ? NO_BINDINGS : await readBindings(env.files, resolve(given['bindings']))
  const resource = given['resource']
  const definition = importApplication(await readJson(env.files, file), resource === undefined ? {} : { resource })
  const lambda = definition.inputs[0]?.processor?.resourceArn ?? null
  const module = preprocess ?? (lambda === null ? undefined : bindings.get(lambda))
  const handler = module === undefined || module === 'none' ? module : await loadHandler(resolve(module))
  const application = withSource({ file: `${name} (code)`, text: definition.code }, () =>
    compileDefinition(definition, handler === undefined ? {} : { preprocess: handler }),
  )
  return { application, definition, bindings, file }
}

function progressLine({ bytesRead, bytesTotal, records, recordsPerSecond }: ReplayProgress): string {
  const share = bytesTotal === 0 ? 1 : Math.min(1, bytesRead / bytesTotal)
  const filled = Math.round(share * BAR_CELLS)
  const elapsedMs = recordsPerSecond > 0 ? (records / recordsPerSecond) * 1_000 : 0
  const left = share > 0 ? duration((elapsedMs / share) * (1 - share)) : 'unknown'
  return `[${'█'.repeat(filled)}${'·'.repeat(BAR_CELLS - filled)}] ${Math.floor(share * 100)} %  ${count(records)} records  ${count(recordsPerSecond)}/s  ${left} left`
}

function tell(report: ReplayReport, out: string, terminal: Terminal): void {
  const { counters, files, elapsedMs, arrivalsRaised, arrivalsUnreadable } = report
  const rate = elapsedMs > 0 ? ` (${count((counters.recordsIn / elapsedMs) * 1_000)}/s)` : ''
  terminal.print(`${count(counters.recordsIn)} records in ${duration(elapsedMs)}${rate}`)
  if (arrivalsRaised > 0)
    terminal.print(`${count(arrivalsRaised)} arrival times were below an earlier one and were raised to it`)
  if (arrivalsUnreadable > 0)
    terminal.print(
      `${count(arrivalsUnreadable)} records have no readable arrival time and arrive with the record before them`,
    )
  if (counters.recordsDropped > 0)
    terminal.print(`${count(counters.recordsDropped)} records were left out by the pre-processing function`)
  const errors = files.find(({ stream }) => stream === ERROR_STREAM)?.path ?? out
  if (counters.errorRows > 0) terminal.print(`${count(counters.errorRows)} error rows: see ${errors}`)
  for (const file of files) terminal.print(`  ${file.path}  ${count(file.rows)} rows, ${size(file.sizeBytes)}`)
}
