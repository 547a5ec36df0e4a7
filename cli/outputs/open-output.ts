/** From an output of a pipeline to the delivery stream behind it, and the sink that its rows go to. */
import type { Env, Schema } from '../../core/index.ts'
import {
  DeliveryStream,
  definitionPlanOf,
  FileStore,
  RowConversion,
  RowSink,
  type StagingOptions,
} from '../../sinks/index.ts'
import { type LocalFilesOutput, localFilesDelivery } from './local-files.ts'

export interface OutputPlace {
  /** stored name of the output stream */
  readonly name: string
  readonly schema: Schema
  readonly env: Env
  /** null where objects are visible as soon as they are complete */
  readonly staging: StagingOptions | null
  readonly onNotice: (text: string) => void
}

export interface OpenedOutput {
  readonly stream: DeliveryStream
  readonly sink: RowSink
}

/** @throws MillraceError `config` with every problem of the output */
export function openOutput(
  output: LocalFilesOutput,
  { name, schema, env, staging, onNotice }: OutputPlace,
): OpenedOutput {
  const { files, clock, random } = env
  const { directory, format, columnNames, DestinationSchema } = output
  // Records that are asked for in the words of the service are as the service writes them.
  const rowtime = output.rowtime ?? DestinationSchema === undefined
  const options = localFilesDelivery(name, output)
  const { conversion } = definitionPlanOf(options.definition, options)
  const stream = new DeliveryStream(
    { ...options, ...(staging !== null && { staging }) },
    {
      clock,
      random,
      store: () => new FileStore({ files, clock, directory }),
      onRetry: error => onNotice(`output ${name}: ${error.message}; trying again`),
    },
    conversion === null
      ? null
      : new RowConversion({ schema, rowtime, ...(columnNames !== undefined && { columnNames }) }, conversion),
  )
  for (const warning of stream.warnings) onNotice(`output ${name}: ${warning}`)
  const recordFormat = format === 'parquet' ? 'JSON' : (DestinationSchema?.RecordFormatType ?? 'JSON')
  return { stream, sink: new RowSink(stream, { format: recordFormat, rowtime }) }
}
