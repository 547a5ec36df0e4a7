/** `millrace replay`: an SQL program over a file, with the same answer every time. */
import { dirname, resolve } from 'node:path'
import { parseInputSchema } from '../core/codecs/input-schema.ts'
import { type Env, MillraceError, nodeEnv } from '../core/index.ts'
import {
  type Application,
  type ApplicationTable,
  compileApplication,
  compileDefinition,
  importApplication,
  type ReplayProgress,
  type ReplayReport,
  replayFile,
} from '../processors/index.ts'
import { EXIT, type ExitCode, withSource } from './exit.ts'
import { type CommandOptions, parsePairs, parseWhole } from './options.ts'
import { readJson, readText } from './pipeline.ts'
import { count, duration, openTerminal, size, type Terminal } from './terminal.ts'

const BAR_CELLS = 24

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const terminal = openTerminal()
  const name = String(args[0])
  const application = await readApplication(name, given['schema'], nodeEnv, given['referenceSchema'])
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
        file: resolve(String(given['input'])),
        outputDirectory: out,
        shards: parseWhole('--shards', String(given['shards']), 1, 1_000),
        batchRecordsMax: parseWhole('--batch', String(given['batch']), 1, 10_000),
        references: referenceFiles(application, name, parsePairs('--reference', given['reference'])),
        signal: stopping.signal,
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

/** Where the reference tables are: as the command says, else under its file key beside the application. */
function referenceFiles(
  { referenceTables }: Application,
  applicationFile: string,
  given: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const { name, fileKey } of referenceTables)
    if (typeof fileKey === 'string') files.set(name, resolve(dirname(applicationFile), fileKey))
  for (const [name, file] of given) files.set(name, resolve(file))
  return files
}

/**
 * The application that a command names: a .sql file with a schema beside it, or a KDA application JSON.
 * @throws MillraceError `usage`, `config`; SourceError for the program
 */
export async function readApplication(
  name: string,
  schemaFile: string | undefined,
  env: Pick<Env, 'files'>,
  referenceSchemas?: string,
): Promise<Application> {
  const file = resolve(name)
  const tables = parsePairs('--reference-schema', referenceSchemas)
  if (!/\.json$/i.test(file)) {
    if (schemaFile === undefined)
      throw new MillraceError(
        'usage',
        `${name} needs the schema of its input: add --schema SCHEMA.json, a KDA InputSchema`,
      )
    const text = await readText(env.files, file)
    const schema = parseInputSchema(await readJson(env.files, resolve(schemaFile)))
    const referenceTables: ApplicationTable[] = []
    for (const [table, path] of tables)
      referenceTables.push({ name: table, schema: parseInputSchema(await readJson(env.files, resolve(path)), table) })
    return withSource({ file: name, text }, () => compileApplication({ text, input: { schema }, referenceTables }))
  }
  if (tables.size > 0)
    throw new MillraceError('usage', `${name} is an application with its own tables; leave out --reference-schema`)
  if (schemaFile !== undefined)
    throw new MillraceError('usage', `${name} is an application with its own InputSchema; leave out --schema`)
  const definition = importApplication(await readJson(env.files, file))
  return withSource({ file: `${name} (code)`, text: definition.code }, () => compileDefinition(definition))
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
  if (counters.errorRows > 0) terminal.print(`${count(counters.errorRows)} error rows: see ${out}/error_stream.jsonl`)
  for (const file of files) terminal.print(`  ${file.path}  ${count(file.rows)} rows, ${size(file.sizeBytes)}`)
}
