/**
 * POST /api/v1/sql with `{"sql":"SELECT ..."}`: one question about results in memory; needs the token. A question that cannot be
 * answered is answered with why, and where in its text.
 */
import { MillraceError, renderSqlError, SqlError } from '../../core/index.ts'
import type { LiveRoute, RouteExchange } from '../live/route.ts'
import type { TableCell } from './result-tables.ts'

/** Bytes of a question. */
const QUESTION_BYTES_MAX = 20_000

export interface QuestionAnswer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly TableCell[])[]
  /** there are more rows than one answer holds; that LIMIT left some out is not meant */
  readonly isCut: boolean
}

/** @param ask reads, checks and answers a question; throws SqlError for what it may not hold, MillraceError past a limit */
export function questionRoutes(ask: (sql: string) => Promise<QuestionAnswer>): readonly LiveRoute[] {
  return [
    {
      path: '/api/v1/sql',
      method: 'POST',
      needsToken: true,
      async handle(exchange) {
        const sql = await sqlOf(exchange)
        if (sql === null) return exchange.refuse(400, 'write {"sql":"SELECT ..."}')
        try {
          exchange.json(await ask(sql))
        } catch (error) {
          if (error instanceof SqlError) exchange.json({ problem: renderSqlError(error, sql, 'question') })
          else if (error instanceof MillraceError) exchange.json({ problem: error.message })
          else throw error
        }
      },
    },
  ]
}

async function sqlOf({ request }: RouteExchange): Promise<string | null> {
  try {
    const body: unknown = JSON.parse(Buffer.from(await request.body(QUESTION_BYTES_MAX)).toString('utf8'))
    const sql = typeof body === 'object' && body !== null && 'sql' in body ? body.sql : null
    return typeof sql === 'string' ? sql : null
  } catch {
    return null
  }
}
