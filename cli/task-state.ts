/** Where a pipeline on a stream that outlives the process keeps what is true of its task: rounds, exactly-once. */
import { createHash } from 'node:crypto'
import { type Env, MillraceError } from '../core/index.ts'
import { FileTaskTable, type TaskRow } from '../processors/index.ts'
import type { Output } from './outputs/open-output.ts'
import type { Pipeline } from './pipeline.ts'

export interface TaskState {
  readonly table: FileTaskTable
  readonly row: TaskRow
  readonly intervalMs: number
  /** a directory for rows of destinations that cannot stage */
  readonly outbox: string
}

/**
 * Takes over the task of a pipeline.
 * @returns null for a source that ends with the process: there is nothing to go on from
 * @throws MillraceError `config` where the state belongs to another program or other outputs
 */
export async function takeOverTask(pipeline: Pipeline, env: Env): Promise<TaskState | null> {
  const { rounds } = pipeline
  if (rounds === null) return null
  const { files, random } = env
  const table = new FileTaskTable({ files, random, directory: rounds.directory })
  const plan = planOf(pipeline)
  const row = await table.takeOver(plan)
  if (row.plan === plan) return { table, row, intervalMs: rounds.intervalMs, outbox: `${rounds.directory}/outbox` }
  throw new MillraceError(
    'config',
    `${rounds.directory}: it holds the state of another stream, program, schema or set of outputs; move it away, or give this pipeline its own rounds.directory, to begin anew at the oldest record (open windows, and rows of objects that are not complete, stay behind in it)`,
  )
}

/** What operators, and the names of outputs, are a function of. */
function planOf({ application, outputs, source }: Pipeline): string {
  const { text, inputSchema, inputStreams } = application
  const names = [...outputs].map(([name, all]) => [name, ...all.map(placeOf)])
  const stream = source.StreamName
  return createHash('sha256').update(JSON.stringify({ stream, text, inputSchema, inputStreams, names })).digest('hex')
}

/** What makes an output another one: rows of its open objects would go where they do not belong. */
function placeOf(output: Output): unknown {
  if (output.kind === 'localFiles') return [output.kind, output.directory, output.Prefix ?? '', output.format ?? 'json']
  const destinations = Object.keys(output.definition).filter(name => name.endsWith('DestinationConfiguration'))
  return [output.kind, output.directory ?? '', destinations]
}
