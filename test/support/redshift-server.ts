/**
 * The Data API of Redshift in front of DuckDB, which runs what both dialects share; COPY, LIKE, LOCK and SYSDATE are translated.
 * Facts: Redshift Data API reference, BatchExecuteStatement (up to 40 statements, one transaction, the same ClientToken gives the same
 * statement), DescribeStatement (SUBMITTED, PICKED, STARTED, FINISHED, FAILED, ABORTED); Redshift developer guide, "Using a manifest
 * to specify data files" (a mandatory file that is missing fails the COPY; without `mandatory` it is skipped silently), "LOCK".
 */

import { gunzipSync } from 'node:zlib'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { RedshiftDatabase, RedshiftDataLike } from '../../sinks/redshift/redshift-data.ts'
import type { MemoryStore } from '../../sinks/stores/memory.ts'
import type { SimClock } from './sim-clock.ts'

/** What goes wrong with a call: before it has an effect, or after. */
export type RedshiftFault = 'throttled' | 'lost' | 'failed' | 'vanished' | null

export interface RedshiftServerOptions {
  readonly store: MemoryStore
  /** stands still while the database works */
  readonly clock?: SimClock
  readonly fault?: (operation: 'execute' | 'describe', call: number) => RedshiftFault
}

const STATEMENTS_MAX = 40

export class RedshiftServer implements RedshiftDataLike {
  readonly #options: RedshiftServerOptions
  readonly #tokens = new Map<string, string>()
  readonly #statements = new Map<string, { readonly sqls: readonly string[]; status: string; error: string }>()
  readonly databases: RedshiftDatabase[] = []
  #connection: Promise<DuckDBConnection> | null = null
  #calls = 0

  constructor(options: RedshiftServerOptions) {
    this.#options = options
  }

  get statements(): readonly (readonly string[])[] {
    return [...this.#statements.values()].map(({ sqls }) => sqls)
  }

  async batchExecuteStatement({
    Sqls,
    ClientToken,
    StatementName,
    ...database
  }: Parameters<RedshiftDataLike['batchExecuteStatement']>[0]): Promise<{ Id: string }> {
    const fault = this.#options.fault?.('execute', this.#calls++) ?? null
    if (fault === 'throttled') throw named('ActiveStatementsExceededException', 'too many statements')
    if (Sqls.length > STATEMENTS_MAX || ClientToken.length > 64 || StatementName.length > 500)
      throw named('ValidationException', 'too long')
    this.databases.push(database)
    const id = this.#tokens.get(ClientToken) ?? `statement-${this.#tokens.size}`
    if (!this.#tokens.has(ClientToken)) {
      this.#tokens.set(ClientToken, id)
      const failed = fault === 'failed'
      this.#statements.set(id, {
        sqls: Sqls,
        status: failed ? 'FAILED' : 'SUBMITTED',
        error: failed ? 'ERROR: disk full' : '',
      })
    }
    if (fault === 'lost') throw named('TimeoutError', 'socket hang up')
    return { Id: id }
  }

  async describeStatement({ Id }: { Id: string }): Promise<{ Status: string; Error: string }> {
    const statement = this.#statements.get(Id)
    const fault = this.#options.fault?.('describe', this.#calls++) ?? null
    if (statement === undefined) throw named('ResourceNotFoundException', `no statement ${Id}`)
    if (statement.status === 'SUBMITTED') statement.status = 'STARTED'
    else if (statement.status === 'STARTED') {
      try {
        const run = this.#run(statement.sqls)
        await (this.#options.clock?.outside(run) ?? run)
        statement.status = 'FINISHED'
      } catch (error) {
        statement.status = 'FAILED'
        statement.error = error instanceof Error ? error.message : String(error)
      }
    }
    // The statement was run, and nobody is told.
    if (fault === 'vanished') throw named('ResourceNotFoundException', `no statement ${Id}`)
    if (fault !== null) throw named('ThrottlingException', 'rate exceeded')
    return { Status: statement.status, Error: statement.error }
  }

  /** Runs one statement outside of the API; rows as texts. */
  async query(sql: string): Promise<readonly (readonly string[])[]> {
    const reader = await (await this.#connected()).runAndReadAll(sql)
    return reader.getRows().map(row => row.map(String))
  }

  async #connected(): Promise<DuckDBConnection> {
    this.#connection ??= DuckDBInstance.create(':memory:').then(instance => instance.connect())
    return this.#connection
  }

  /** One transaction: all of them or none. */
  async #run(sqls: readonly string[]): Promise<void> {
    const connection = await this.#connected()
    await connection.run('BEGIN')
    try {
      for (const sql of sqls) await this.#runOne(sql)
      await connection.run('COMMIT')
    } catch (error) {
      await connection.run('ROLLBACK')
      throw error
    }
  }

  async #runOne(sql: string): Promise<void> {
    const connection = await this.#connected()
    const copy = /^COPY (\S+)(?: \(([^)]*)\))? FROM 's3:\/\/[^/]+\/([^']+)' IAM_ROLE 'arn:[^']+' MANIFEST(.*)$/.exec(
      sql,
    )
    const like = /^CREATE TEMP TABLE (\S+) \(LIKE (\S+) INCLUDING DEFAULTS\)$/.exec(sql)
    const lock = /^LOCK (\S+)$/.exec(sql)
    if (copy !== null) return this.#copy(copy[1] ?? '', copy[2] ?? null, copy[3] ?? '', copy[4] ?? '')
    if (like !== null) await connection.run(`CREATE TEMP TABLE ${like[1]} AS SELECT * FROM ${like[2]} LIMIT 0`)
    else if (lock !== null) await connection.run(`SELECT * FROM ${lock[1]} LIMIT 0`)
    else await connection.run(sql.replaceAll('SYSDATE', 'current_timestamp::TIMESTAMP'))
  }

  async #copy(table: string, columns: string | null, manifestKey: string, options: string): Promise<void> {
    const { objects } = this.#options.store
    const text = (key: string): string => {
      const body = objects.get(key)
      if (body === undefined) throw new Error(`The specified S3 object does not exist: ${key}`)
      return Buffer.from(options.includes('GZIP') && key !== manifestKey ? gunzipSync(body) : body).toString('utf8')
    }
    const { entries } = JSON.parse(text(manifestKey)) as {
      readonly entries: readonly { url: string; mandatory?: boolean }[]
    }
    const connection = await this.#connected()
    for (const { url, mandatory = false } of entries) {
      const key = url.replace(/^s3:\/\/[^/]+\//, '')
      if (!mandatory && !objects.has(key)) continue
      const rows = text(key)
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
      for (const row of rows) {
        const names = (columns ?? Object.keys(row).join(',')).split(',').map(name => name.trim())
        const values = names.map(name => `'${String(row[name]).replaceAll("'", "''")}'`)
        await connection.run(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${values.join(', ')})`)
      }
    }
  }
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
