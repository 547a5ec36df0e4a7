/** `millrace plan`: what a delivery stream would do with a sample, with nothing written. */
import { gunzipSync } from 'node:zlib'
import { MEBIBYTE, MillraceError, nodeEnv } from '../core/index.ts'
import { type DeliveryForecast, planDelivery, type WriteRecord } from '../sinks/index.ts'
import { readDelivery } from './delivery-definition.ts'
import { EXIT, type ExitCode } from './exit.ts'
import type { CommandOptions } from './options.ts'
import { tableText } from './table-text.ts'
import { count, openTerminal, size } from './terminal.ts'

/** A sample that is larger is refused: it is held in memory. */
const SAMPLE_BYTES_MAX = 256 * MEBIBYTE
const LINE_FEED = 10

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const [definitionPath = '', samplePath = ''] = args
  const { definition, conversion, transform } = await readDelivery(definitionPath, given)
  const { clock, random } = nodeEnv
  const forecast = await planDelivery({ definition }, await readSample(samplePath), {
    clock,
    random,
    ...(conversion !== null && { conversion }),
    ...(transform !== undefined && { transform }),
  })
  const terminal = openTerminal()
  for (const line of given['json'] === undefined ? planLines(forecast) : [JSON.stringify(forecast)])
    terminal.print(line)
  return EXIT.done
}

/** Each line of the sample is a record, without its line feed. */
async function readSample(path: string): Promise<readonly WriteRecord[]> {
  const { files } = nodeEnv
  const found = await files.stat(path)
  if (found === null || found.isDirectory) throw new MillraceError('config', `${path}: there is no such file`)
  if (found.sizeBytes > SAMPLE_BYTES_MAX)
    throw new MillraceError(
      'config',
      `${path}: a sample has ${SAMPLE_BYTES_MAX / MEBIBYTE} MiB at most; take its first lines`,
    )
  let bytes = await files.readAll(path)
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    try {
      bytes = gunzipSync(bytes, { maxOutputLength: SAMPLE_BYTES_MAX })
    } catch (cause) {
      throw new MillraceError('config', `${path}: its gzip is damaged, or unpacks to too much`, { cause })
    }
  const records: WriteRecord[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(LINE_FEED, at)
    const stop = end < 0 ? bytes.length : end
    if (stop > at) records.push({ data: bytes.subarray(at, stop) })
    at = stop + 1
  }
  if (records.length === 0) throw new MillraceError('config', `${path}: it holds no record; each line is one`)
  return records
}

function planLines({
  objects,
  partitions,
  calls,
  statements,
  failed,
  failures,
  warnings,
}: DeliveryForecast): readonly string[] {
  const rows = objects.map(({ kind, key, records, bufferedBytes, sizeBytes }) => [
    kind,
    count(records),
    size(bufferedBytes),
    size(sizeBytes),
    key,
  ])
  return [
    ...(rows.length > 0 ? tableText(['kind', 'records', 'buffered', 'stored', 'key'], rows) : []),
    ...calls.map(({ records, sizeBytes }) => `call  ${count(records)} records, ${size(sizeBytes)}`),
    ...statements.map(statement => `${statement};`),
    ...warnings.map(warning => `warning: ${warning}`),
    ...failures.map(
      ({ code, message, recordId }) => `failed  ${code}: ${message} (record ${Number(recordId.split('.')[0])})`,
    ),
    `${count(objects.length)} objects, ${count(partitions)} partitions, ${count(failed)} failed records; nothing was written`,
  ]
}
