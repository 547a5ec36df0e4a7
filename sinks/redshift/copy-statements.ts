/**
 * The statements that bring the objects of a manifest into a table, once. (Amazon Redshift developer guide, "COPY", "Using a manifest
 * to specify data files": a file that is not `mandatory` and missing is skipped silently; "LOCK".)
 *
 * COPY itself is not idempotent. So the objects go into a table of the session first, and from there into the target only when the
 * delivery is not in the ledger yet; the ledger is locked, so that two tries cannot both find it missing. All is one transaction,
 * and the lock comes first in it: a transaction sees the tables as they were at its first statement that reads or makes one, so a
 * lock after that one would not show what the other try has written (developer guide, "Serializable isolation", "LOCK").
 */
import { stableUuid } from '../destinations/stable-id.ts'

/** Deliveries that were made, in the schema of the target. */
export const LEDGER_TABLE = 'millrace_deliveries'

export interface CopyPlan {
  /** as COPY takes it: `table` or `schema.table` */
  readonly table: string
  /** comma-separated; null for all */
  readonly columns: string | null
  /** the rest of the COPY statement, as the definition has it */
  readonly options: string
  readonly roleArn: string
}

/** One name, bare or in double quotes. */
const NAME = '(?:[A-Za-z_][\\w$]*|"(?:[^"]|"")+")'
const TABLE_PATTERN = new RegExp(`^(?:(${NAME})\\.)?(${NAME})$`)
const COLUMNS_PATTERN = new RegExp(`^\\s*${NAME}(?:\\s*,\\s*${NAME})*\\s*$`)

/** What no COPY can be made of: names that are none, and options that would end the statement. */
export function copyProblem({ table, columns, options }: CopyPlan): string | null {
  if (!TABLE_PATTERN.test(table)) return `DataTableName ${table} is neither a table nor schema.table`
  if (columns !== null && !COLUMNS_PATTERN.test(columns))
    return `DataTableColumns ${columns.slice(0, 80)} is no list of columns`
  return hasSemicolon(options) ? 'CopyOptions has a semicolon; it is the end of one COPY statement' : null
}

/** Makes the ledger. Not in the transaction of a COPY: that must begin with its lock, as CREATE fixes what it sees of the ledger. */
export function ledgerStatement(plan: CopyPlan): string {
  return `CREATE TABLE IF NOT EXISTS ${ledgerOf(plan)} (delivery_id VARCHAR(36) NOT NULL, delivered_at TIMESTAMP NOT NULL)`
}

/**
 * The same objects have the same id, in another process as well: whoever repeats a COPY, of a manifest below `errors/` perhaps,
 * repeats it without harm.
 */
export function deliveryId(streamName: string, urls: readonly string[]): string {
  return stableUuid([streamName, ...urls])
}

/**
 * @param manifestUrl `s3://bucket/key`
 * @param deliveryId a UUID, the same over repeats
 */
export function copyStatements(plan: CopyPlan, manifestUrl: string, deliveryId: string): readonly string[] {
  const ledger = ledgerOf(plan)
  const stage = `millrace_stage_${deliveryId.replaceAll('-', '_')}`
  const list = plan.columns === null ? '' : ` (${plan.columns.trim()})`
  const known = `SELECT 1 FROM ${ledger} WHERE delivery_id = '${deliveryId}'`
  const options = plan.options.trim()
  return [
    `LOCK ${ledger}`,
    `CREATE TEMP TABLE ${stage} (LIKE ${plan.table} INCLUDING DEFAULTS)`,
    `COPY ${stage}${list} FROM ${quoted(manifestUrl)} IAM_ROLE ${quoted(plan.roleArn)} MANIFEST${options === '' ? '' : ` ${options}`}`,
    `INSERT INTO ${plan.table}${list} SELECT ${plan.columns?.trim() ?? '*'} FROM ${stage} WHERE NOT EXISTS (${known})`,
    `INSERT INTO ${ledger} (delivery_id, delivered_at) SELECT '${deliveryId}', SYSDATE WHERE NOT EXISTS (${known})`,
    `DROP TABLE ${stage}`,
  ]
}

function ledgerOf({ table }: CopyPlan): string {
  const schema = TABLE_PATTERN.exec(table)?.[1]
  return schema === undefined ? LEDGER_TABLE : `${schema}.${LEDGER_TABLE}`
}

/** The manifest of objects by their keys. */
export function copyManifest(bucket: string, keys: readonly string[]): string {
  return JSON.stringify({ entries: keys.map(key => ({ url: `s3://${bucket}/${key}`, mandatory: true })) })
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

/** Semicolons within quotes are delimiters and the like. */
function hasSemicolon(options: string): boolean {
  return options.replace(/'(?:[^']|'')*'/g, '').includes(';')
}
