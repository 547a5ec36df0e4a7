/** The Data API of Redshift, as far as it is used: statements as one transaction, and what became of them. */
import { type Clock, MillraceError } from '../../core/index.ts'
import { CLIENT_TIMEOUT_MS } from '../destinations/destination.ts'
import { withinTime } from '../within-time.ts'

type Options = { readonly abortSignal: AbortSignal }

/** The part of the SDK's `RedshiftData` client that is used; the package `@aws-sdk/client-redshift-data` is the caller's. */
export interface RedshiftDataLike {
  batchExecuteStatement(
    input: { Sqls: string[]; ClientToken: string; StatementName: string } & RedshiftDatabase,
    options: Options,
  ): Promise<{ readonly Id?: string | undefined }>
  describeStatement(
    input: { Id: string },
    options: Options,
  ): Promise<{ readonly Status?: string | undefined; readonly Error?: string | undefined }>
}

/** Which database, and as whom. */
export interface RedshiftDatabase {
  Database: string
  ClusterIdentifier?: string
  WorkgroupName?: string
  DbUser?: string
  SecretArn?: string
}

/** Between two questions for a statement; each wait is longer than the last. */
const POLL_FIRST_MS = 500
const POLL_MAX_MS = 10_000
/** Calls that fail in a row before an attempt counts as failed. */
const CALL_FAILURES_MAX = 5

/**
 * `jdbc:redshift://cluster.random.region.redshift.amazonaws.com:5439/database`, or `workgroup.account.region.redshift-serverless...`.
 * @throws MillraceError `config` when nothing says who asks: a cluster needs a user or a secret, a workgroup may go by its caller
 */
export function databaseOf(jdbcUrl: string, user: string | null, secretArn: string | null): RedshiftDatabase {
  const match = /^jdbc:\w+:\/\/([^.]+)\.(.*):\d+\/(.+)$/.exec(jdbcUrl)
  const [, name = '', host = '', Database = ''] = match ?? []
  const serverless = host.includes('redshift-serverless')
  const identity = secretArn !== null ? { SecretArn: secretArn } : user !== null && !serverless ? { DbUser: user } : {}
  if (!serverless && secretArn === null && user === null)
    throw new MillraceError('config', `cluster ${name}: give Username, or SecretsManagerConfiguration`)
  return { Database, ...(serverless ? { WorkgroupName: name } : { ClusterIdentifier: name }), ...identity }
}

export interface StatementRun {
  readonly client: RedshiftDataLike
  readonly clock: Clock
  readonly database: RedshiftDatabase
  readonly sqls: readonly string[]
  /** up to 64 characters: a repeated call with it gives the statement that runs already */
  readonly clientToken: string
  readonly name: string
  readonly signal: AbortSignal
}

/** Runs the statements as one transaction and waits for their end. @returns null when they are done, else why not */
export async function runStatements(
  run: StatementRun,
): Promise<{ readonly code: string; readonly message: string } | null> {
  const { client, clock, database, sqls, clientToken, name, signal } = run
  const timed = <T>(call: (abortSignal: AbortSignal) => Promise<T>): Promise<T> =>
    withinTime({ clock, limitMs: CLIENT_TIMEOUT_MS, signal }, call, () => {
      throw new Error(`no answer within ${CLIENT_TIMEOUT_MS / 1_000} s`)
    })
  let [id, failures, waitMs] = ['', 0, POLL_FIRST_MS]
  while (!signal.aborted) {
    try {
      if (id === '') {
        const input = { ...database, Sqls: [...sqls], ClientToken: clientToken, StatementName: name }
        id = (await timed(abortSignal => client.batchExecuteStatement(input, { abortSignal }))).Id ?? ''
      } else {
        const { Status = '', Error: reason = '' } = await timed(abortSignal =>
          client.describeStatement({ Id: id }, { abortSignal }),
        )
        if (Status === 'FINISHED') return null
        if (Status === 'FAILED' || Status === 'ABORTED')
          return { code: Status === 'FAILED' ? 'Redshift.CopyFailed' : 'Redshift.Aborted', message: reason }
      }
      failures = 0
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const errorName = error instanceof Error ? error.name : 'Error'
      // A statement that is not known any more says nothing of what it did; the ledger makes another one harmless.
      if (
        ++failures >= CALL_FAILURES_MAX ||
        errorName === 'ResourceNotFoundException' ||
        errorName === 'ValidationException'
      )
        return { code: `Redshift.${errorName}`, message }
    }
    await clock.sleep(waitMs, signal)
    waitMs = Math.min(POLL_MAX_MS, waitMs * 2)
  }
  return { code: 'Redshift.Aborted', message: 'the stream has failed' }
}
