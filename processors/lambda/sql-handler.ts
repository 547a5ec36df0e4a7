/**
 * A stateless SQL program as a Lambda function for a Kinesis stream: filters, projections, look-ups in reference tables. Each
 * batch is a run of its own, from its first record to its last, so that nothing is left when the environment goes.
 *
 * ```ts
 * export const handler = sqlLambdaHandler({
 *   application: compileApplication({ text, input: { schema } }),
 *   deliver: async results => { for (const { stream, lines } of results) await send(stream, lines) },
 * })
 * ```
 */
import { JsonLinesEncoder } from '../../core/codecs/json-lines.ts'
import { ByteWriter, type Clock, ERROR_STREAM, MillraceError, nodeEnv, type RowBatch } from '../../core/index.ts'
import { UnpackedRecords } from '../../streams/unpacked-records.ts'
import type { Application } from '../application.ts'
import { type KinesisLambdaEvent, type KinesisLambdaResponse, readKinesisEvent } from '../consumer/lambda/event.ts'
import type { Program } from '../program.ts'
import { requireStateless } from '../sql/stateless.ts'
import { ErrorRows } from '../task/error-rows.ts'
import { inputStreamOf } from '../task/input-streams.ts'

/** What one batch gave in one output; the error stream has those that could not be used. */
export interface SqlLambdaResult {
  readonly stream: string
  /** at least one; valid until `deliver` has come back */
  readonly rows: readonly RowBatch[]
  /** each row as a JSON object, ROWTIME left out */
  readonly lines: readonly string[]
}

export interface SqlLambdaOptions {
  /** as `compileApplication` and `compileDefinition` give it; stateless */
  readonly application: Application
  /**
   * Takes the results of a batch, outputs in the order of the program and only those with rows. When it throws, Lambda gives the
   * batch again: delivery is at least once. Left out, the answer of the function has them, for callers that read it
   */
  readonly deliver?: ((results: readonly SqlLambdaResult[]) => Promise<void>) | undefined
  /** by reference table, the bytes of its file */
  readonly references?: ReadonlyMap<string, Uint8Array> | undefined
  readonly clock?: Pick<Clock, 'now'> | undefined
}

export interface SqlLambdaResponse extends KinesisLambdaResponse {
  /** by output, its rows as JSON; only where nobody takes them */
  results?: Record<string, unknown[]>
}

export type SqlLambdaHandler = (event: KinesisLambdaEvent) => Promise<SqlLambdaResponse>

/**
 * Makes the handler of a function.
 * @throws SqlError for a program that remembers rows, naming what does, its place and what to do; MillraceError `config` for a
 *   program with a pre-processing function
 */
export function sqlLambdaHandler(options: SqlLambdaOptions): SqlLambdaHandler {
  const { application, deliver, references, clock = nodeEnv.clock } = options
  requireStateless(application.plan, 'a Lambda function')
  if (application.preprocessor !== null)
    throw new MillraceError(
      'config',
      'the application has a pre-processing function, which a Lambda function would have to wait for in its own time; call it in the function before the handler, and give --preprocess none',
    )
  const decoder = application.createDecoder()
  return async event => {
    const { records, shardId } = readKinesisEvent(event)
    if (event.window !== undefined)
      throw new MillraceError(
        'invalid_argument',
        'the event source mapping has a tumbling window, and a SQL program keeps no state in it; set TumblingWindowInSeconds to 0',
      )
    const startedAt = clock.now()
    const errors = new ErrorRows({
      errorTime: () => startedAt,
      placeOf: ({ shardId: shard, sequenceNumber, subsequenceNumber }) =>
        `${shard} ${sequenceNumber}/${subsequenceNumber}`,
    })
    const program = application.start({
      errors,
      startedAt,
      rowTimestamp: 'rowtime',
      ...(references === undefined ? {} : { references }),
    })
    const found = new Map<string, RowBatch[]>()
    const { inputStreams } = application
    const input = inputStreams[inputStreamOf(shardId, inputStreams.length)] ?? ''
    const unpacked = new UnpackedRecords(records, null, { uncompressed: true })
    while (!unpacked.isEmpty) {
      for (const rows of decoder.decode(unpacked.take(), errors)) {
        if (rows.length === 0) continue
        program.push(input, rows)
        collect(program, found)
      }
    }
    program.advance(Number.POSITIVE_INFINITY)
    collect(program, found)
    const failed = errors.take(Number.POSITIVE_INFINITY)
    if (failed.length > 0) found.set(ERROR_STREAM, [...failed])
    const results = application.outputs.flatMap(stream => {
      const rows = found.get(stream) ?? []
      return rows.length === 0 ? [] : [{ stream, rows, lines: linesOf(rows) }]
    })
    if (deliver === undefined)
      return {
        batchItemFailures: [],
        results: Object.fromEntries(
          results.map(({ stream, lines }) => [stream, lines.map(line => JSON.parse(line) as unknown)]),
        ),
      }
    if (results.length > 0) await deliver(results)
    return { batchItemFailures: [] }
  }
}

function collect(program: Program, into: Map<string, RowBatch[]>): void {
  for (let isMore = true; isMore; ) {
    isMore = program.work()
    for (const { stream, rows } of program.takeResults()) into.set(stream, [...(into.get(stream) ?? []), rows])
  }
}

function linesOf(rows: readonly RowBatch[]): readonly string[] {
  const encoder = new JsonLinesEncoder()
  const out = new ByteWriter()
  for (const batch of rows) encoder.encode(batch, out)
  return Buffer.from(out.take()).toString().trimEnd().split('\n')
}
