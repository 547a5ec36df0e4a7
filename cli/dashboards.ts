/** `millrace dashboards`: what other tools draw a pipeline's results with, as files; and what a new build would change in them. */
import { dirname, join, resolve } from 'node:path'
import { type Env, type Files, MillraceError, nodeEnv, type Schema } from '../core/index.ts'
import { differenceOf } from '../dashboards/grafana/difference.ts'
import { grafanaProject } from '../dashboards/index.ts'
import { demoPipeline } from './demo.ts'
import { CONFIG_FILE } from './dev.ts'
import { schemaOfOutput } from './embedded-host.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { loadDefault } from './module-loader.ts'
import { type CommandOptions, parseWhole } from './options.ts'
import { type Pipeline, type PipelineDefinition, resolvePipeline } from './pipeline.ts'
import { openTerminal } from './terminal.ts'
import { windowSizeMs } from './window-size.ts'

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const [action = '', config] = args
  if (action !== 'build' && action !== 'diff')
    throw new MillraceError('usage', `millrace dashboards "${action}" is nothing; it is build or diff`)
  const network = given['network'] ?? (process.platform === 'linux' ? 'host' : 'bridge')
  if (network !== 'host' && network !== 'bridge')
    throw new MillraceError('usage', `--network "${network}" is neither host nor bridge`)
  const pipeline = given['demo'] === undefined ? await pipelineOf(config) : await demoPipeline('.', nodeEnv)
  const out = resolve(String(given['out']))
  const { files, notes } = grafanaProject({
    ...dashboardInputs(pipeline),
    port: parseWhole('--port', String(given['port']), 1, 65_535),
    network,
  })
  const terminal = openTerminal()
  for (const note of notes) terminal.print(`note: ${note}`)
  const differences = differenceOf(await readFolder(nodeEnv.files, out, files.keys()), files)
  for (const line of differences) terminal.print(line)
  if (action === 'diff') {
    if (differences.length === 0) terminal.print(`${out} is what a build would write`)
    return differences.length === 0 ? EXIT.done : EXIT.failed
  }
  for (const [path, text] of files) await writeText(nodeEnv, join(out, path), text)
  terminal.print(`${out}: ${files.size} files; docker compose up there, then http://127.0.0.1:3000`)
  return EXIT.done
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
