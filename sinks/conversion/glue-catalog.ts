/** The table of a conversion from AWS Glue over the network. The package `@aws-sdk/client-glue` is the caller's. */
import { MillraceError } from '../../core/index.ts'
import type { ConversionPlan } from '../definition/conversion.ts'
import { type GlueTable, glueTableOf } from './glue-table.ts'

/** Of GetTableVersion's input also: both commands take it. */
export interface GlueTableInput {
  readonly CatalogId?: string
  readonly DatabaseName: string
}

/** The parts of `@aws-sdk/client-glue` that are used. */
export interface GlueCatalogOptions<Command> {
  readonly client: { send(command: Command): Promise<unknown> }
  readonly GetTableCommand: new (input: GlueTableInput & { readonly Name: string }) => Command
  readonly GetTableVersionCommand: new (
    input: GlueTableInput & { readonly TableName: string; readonly VersionId: string },
  ) => Command
}

const ACTIONS: Readonly<Record<string, string>> = { LATEST: 'glue:GetTable' }

/**
 * The table that a conversion names, in its newest version or the one that is asked for.
 * @throws MillraceError `not_found` for a table or database that is not there, `config` for columns that cannot be written and for
 * a missing permission, `throttled` and `connection_lost` (retry `backoff`)
 */
export async function fetchGlueTable<Command>(
  { client, GetTableCommand, GetTableVersionCommand }: GlueCatalogOptions<Command>,
  { catalogId, databaseName, tableName, versionId }: ConversionPlan['table'],
): Promise<GlueTable> {
  const input = { ...(catalogId !== null && { CatalogId: catalogId }), DatabaseName: databaseName }
  const latest = versionId === 'LATEST'
  const command = latest
    ? new GetTableCommand({ ...input, Name: tableName })
    : new GetTableVersionCommand({ ...input, TableName: tableName, VersionId: versionId })
  const reply = await client.send(command).catch((cause: unknown) => {
    throw glueError(cause, `${databaseName}.${tableName}`, ACTIONS[versionId] ?? 'glue:GetTableVersion')
  })
  const { TableVersion } = reply as { readonly TableVersion?: unknown }
  return glueTableOf(latest ? reply : TableVersion)
}

function glueError(cause: unknown, table: string, action: string): MillraceError {
  const { name = 'Error', message = '' } = (cause ?? {}) as { readonly name?: string; readonly message?: string }
  const text = `Glue table ${table}: ${name}: ${message}`
  if (name === 'EntityNotFoundException') return new MillraceError('not_found', text, { cause })
  if (name === 'AccessDeniedException') return new MillraceError('config', `${text}; allow ${action}`, { cause })
  if (/Throttl|TooManyRequests/.test(name)) return new MillraceError('throttled', text, { cause, retry: 'backoff' })
  if (name === 'InvalidInputException') return new MillraceError('config', text, { cause })
  return new MillraceError('connection_lost', text, { cause, retry: 'backoff' })
}
