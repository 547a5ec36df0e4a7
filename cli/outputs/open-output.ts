/** From an output of a pipeline to the delivery stream behind it, and the sink that its rows go to. */
import type { Env, MillraceError, Schema, StagedSink } from '../../core/index.ts'
import {
  DeliveryStream,
  type DeliveryStreamDefinition,
  definitionPlanOf,
  FileStore,
  OutboxSink,
  RowConversion,
  RowRecords,
  RowSink,
  type StagingOptions,
} from '../../sinks/index.ts'
import { openBuckets } from '../delivery-definition.ts'
import type { DeliveryOutput } from './delivery-output.ts'
import { type LocalFilesOutput, localFilesDelivery } from './local-files.ts'

/** An output of a pipeline, its paths absolute and its definition read. */
export type Output = LocalFilesOutput | (DeliveryOutput & { readonly definition: object })

/** Rounds, where a pipeline has them. */
export interface OutputStaging extends StagingOptions {
  /** rows wait here for destinations that cannot stage */
  readonly outbox: string
}

export interface OutputPlace {
  /** stored name of the output stream */
  readonly name: string
  readonly schema: Schema
  readonly env: Env
  /** null where objects are visible as soon as they are complete */
  readonly staging: OutputStaging | null
  readonly onNotice: (text: string) => void
}

export interface OpenedOutput {
  readonly stream: DeliveryStream
  /** without staging, of the sink's calls only those of every sink may be used */
  readonly sink: StagedSink
  /** Lets go of clients; after the stream was closed. */
  readonly release: () => void
}

/** @throws MillraceError `config` with every problem of the output */
export async function openOutput(output: Output, place: OutputPlace): Promise<OpenedOutput> {
  return output.kind === 'localFiles' ? openLocalFiles(output, place) : openDelivery(output, place)
}

/** @throws MillraceError `config` with every problem of the output */
export function openLocalFiles(output: LocalFilesOutput, place: OutputPlace): OpenedOutput {
  const { name, schema, env, staging, onNotice } = place
  const { files, clock, random } = env
  const { directory, columnNames } = output
  const options = localFilesDelivery(name, output)
  const { conversion } = definitionPlanOf(options.definition, options)
  const rows = rowOptions(output, conversion !== null)
  const stream = new DeliveryStream(
    { ...options, ...(staging !== null && { staging }) },
    { clock, random, store: () => new FileStore({ files, clock, directory }), onRetry: retryNotice(place) },
    conversion === null
      ? null
      : new RowConversion({ schema, ...rows, ...(columnNames !== undefined && { columnNames }) }, conversion),
  )
  for (const warning of stream.warnings) onNotice(`output ${name}: ${warning}`)
  return { stream, sink: new RowSink(stream, rows), release: () => {} }
}

async function openDelivery(
  output: DeliveryOutput & { readonly definition: object },
  place: OutputPlace,
): Promise<OpenedOutput> {
  const { name, schema, env, staging, onNotice } = place
  const { files, clock, random } = env
  const { definition, options, parts, directory } = output
  const plan = definitionPlanOf(definition, options)
  const rows = rowOptions(output, plan.conversion !== null)
  const given = parts?.store
  const { store, close } =
    given === undefined
      ? await openBuckets(plan, directory === undefined ? {} : { root: directory })
      : { store: given, close: () => {} }
  const stages = plan.delivery === null
  const onRetry = retryNotice(place)
  const stream = new DeliveryStream(
    // What can stage is delivered exactly once; records of all others have an id that is the same in every repeat.
    { ...options, definition: definition as DeliveryStreamDefinition, ...(stages && staging !== null && { staging }) },
    { ...parts, clock, random, store, onRetry },
    plan.conversion === null ? null : new RowConversion({ schema, ...rows }, plan.conversion),
  )
  for (const warning of stream.warnings) onNotice(`output ${name}: ${warning}`)
  if (stages || staging === null) return { stream, sink: new RowSink(stream, rows), release: close }
  const outbox = new FileStore({ files, clock, directory: staging.outbox })
  const sink = new OutboxSink({ stream, rows: new RowRecords(rows), store: outbox, staging, clock, random, onRetry })
  return { stream, sink, release: close }
}

/** Records that are asked for in the words of the service are as the service writes them. */
function rowOptions(
  { rowtime, DestinationSchema }: Pick<Output, 'rowtime' | 'DestinationSchema'>,
  converted: boolean,
): { readonly rowtime: boolean; readonly format: 'JSON' | 'CSV' } {
  return {
    rowtime: rowtime ?? DestinationSchema === undefined,
    format: converted ? 'JSON' : (DestinationSchema?.RecordFormatType ?? 'JSON'),
  }
}

function retryNotice({ name, onNotice }: OutputPlace): (error: MillraceError) => void {
  return error => onNotice(`output ${name}: ${error.message}; trying again`)
}
