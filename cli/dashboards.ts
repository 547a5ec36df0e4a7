/** `millrace dashboards`: what other tools draw a pipeline's results with, as files; and what a new build would change in them. */
import { dirname, join, resolve } from 'node:path'
import { type Env, type Files, MillraceError, nodeEnv, type Schema } from '../core/index.ts'
import { differenceOf } from '../dashboards/difference.ts'
import { type CloudWatchMetrics, cloudWatchDashboard, dashboardUid, grafanaProject } from '../dashboards/index.ts'
import type { CloudWatchFactory } from '../sinks/index.ts'
import { demoPipeline } from './demo.ts'
import { CONFIG_FILE } from './dev.ts'
import { schemaOfOutput } from './embedded-host.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { loadDefault } from './module-loader.ts'
import { type CommandOptions, parseWhole } from './options.ts'
import { type Pipeline, type PipelineDefinition, resolvePipeline } from './pipeline.ts'
import { openTerminal } from './terminal.ts'
import { windowSizeMs } from './window-size.ts'

/** The files of one tool, and what to do with them. */
interface Built {
  readonly files: ReadonlyMap<string, string>
  readonly notes: readonly string[]
  readonly next: string
}

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const [action = '', config] = args
  if (action !== 'build' && action !== 'diff')
    throw new MillraceError('usage', `millrace dashboards "${action}" is nothing; it is build or diff`)
  const tool = String(given['for'])
  if (tool !== 'grafana' && tool !== 'cloudwatch')
    throw new MillraceError('usage', `--for "${tool}" is neither grafana nor cloudwatch`)
  const pipeline = given['demo'] === undefined ? await pipelineOf(config) : await demoPipeline('.', nodeEnv)
  const out = resolve(given['out'] ?? tool)
  const { files, notes, next } =
    tool === 'grafana' ? grafanaFiles(pipeline, given) : cloudWatchFiles(pipeline, given, out)
  const terminal = openTerminal()
  for (const note of notes) terminal.print(`note: ${note}`)
  const differences = differenceOf(await readFolder(nodeEnv.files, out, files.keys()), files)
  for (const line of differences) terminal.print(line)
  if (action === 'diff') {
    if (differences.length === 0) terminal.print(`${out} is what a build would write`)
    return differences.length === 0 ? EXIT.done : EXIT.failed
  }
  for (const [path, text] of files) await writeText(nodeEnv, join(out, path), text)
  terminal.print(`${out}: ${files.size} ${files.size === 1 ? 'file' : 'files'}; ${next}`)
  return EXIT.done
}

function grafanaFiles(pipeline: Pipeline, given: CommandOptions): Built {
  const network = given['network'] ?? (process.platform === 'linux' ? 'host' : 'bridge')
  if (network !== 'host' && network !== 'bridge')
    throw new MillraceError('usage', `--network "${network}" is neither host nor bridge`)
  const port = parseWhole('--port', String(given['port']), 1, 65_535)
  const { files, notes } = grafanaProject({ ...dashboardInputs(pipeline), port, network })
  return { files, notes, next: 'docker compose up there, then http://127.0.0.1:3000' }
}

/** @throws MillraceError `config` when no output of the pipeline goes to CloudWatch */
function cloudWatchFiles(pipeline: Pipeline, given: CommandOptions, out: string): Built {
  const metrics = writtenMetrics(pipeline, given['logGroup'])
  if (metrics.size === 0)
    throw new MillraceError(
      'config',
      `no output of ${pipeline.name} goes to CloudWatch, so there are no metrics to draw; add destination({ destination: cloudWatchDestination(...) })`,
    )
  const inputs = dashboardInputs(pipeline)
  const { body, notes } = cloudWatchDashboard({ ...inputs, metrics, region: String(given['region']) })
  const file = `${dashboardUid(pipeline.name)}.json`
  const next = `aws cloudwatch put-dashboard --dashboard-name ${dashboardUid(pipeline.name)} --dashboard-body file://${join(out, file)}`
  return { files: new Map([[file, `${JSON.stringify(body, null, 2)}\n`]]), notes, next }
}

/** What the outputs of a pipeline write to CloudWatch, by output stream. */
function writtenMetrics({ outputs }: Pipeline, logGroup: string | undefined): ReadonlyMap<string, CloudWatchMetrics> {
  const metrics = new Map<string, CloudWatchMetrics>()
  for (const [stream, destinations] of outputs)
    for (const output of destinations) {
      const made = output.kind === 'deliveryStream' ? output.parts?.destination : undefined
      if (made === undefined || !('writes' in made)) continue
      const { writes } = made as CloudWatchFactory
      metrics.set(stream, logGroup === undefined ? writes : { logGroupName: logGroup, ...writes })
    }
  return metrics
}

async function pipelineOf(config: string | undefined): Promise<Pipeline> {
  const file = resolve(config ?? CONFIG_FILE)
  if ((await nodeEnv.files.stat(file)) === null)
    throw new MillraceError('config', `${file}: there is no such file; name another, or take --demo`)
  return resolvePipeline((await loadDefault(file)) as PipelineDefinition, file, nodeEnv.files)
}

/** What the renderers of dashboards need of a pipeline. */
export function dashboardInputs(pipeline: Pipeline) {
  const { name, application, dashboard } = pipeline
  const outputs: ReadonlyMap<string, Schema> = new Map(
    application.outputs.map(output => [output, schemaOfOutput(pipeline, output)]),
  )
  const windows = new Map(application.outputs.map(output => [output, windowSizeMs(application.plan, output)]))
  return { name, outputs, windows, ...(dashboard === null ? {} : { dashboard }) }
}

/** The files that are there under the names of a build. */
async function readFolder(
  files: Files,
  folder: string,
  paths: Iterable<string>,
): Promise<ReadonlyMap<string, string | null>> {
  const found = new Map<string, string | null>()
  for (const path of paths) {
    const full = join(folder, path)
    const isThere = (await files.stat(full)) !== null
    found.set(path, isThere ? Buffer.from(await files.readAll(full)).toString('utf8') : null)
  }
  return found
}

/** In one step, so that a Grafana that watches the folder never reads half of a file. */
async function writeText({ files, random }: Pick<Env, 'files' | 'random'>, path: string, text: string): Promise<void> {
  await files.makeDirectory(dirname(path))
  const temporary = `${path}.${random.uuid()}.tmp`
  const handle = await files.open(temporary, 'create')
  try {
    await handle.write(Buffer.from(text), 0)
  } finally {
    await handle.close()
  }
  await files.rename(temporary, path)
}
