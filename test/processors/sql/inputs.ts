/** The input stream that the tests of the SQL front end read. */
import { parseSqlType } from '../../../core/sql-type.ts'
import type { PlanInput } from '../../../processors/sql/plan.ts'

function input(name: string, columns: Readonly<Record<string, string>>): PlanInput {
  return {
    name,
    schema: {
      columns: Object.entries(columns).map(([column, type]) => ({
        name: column,
        type: parseSqlType(type),
        nullable: true,
      })),
    },
  }
}

export const INPUTS: readonly PlanInput[] = [
  input('TRADES', {
    TICKER: 'VARCHAR(4)',
    price: 'DOUBLE',
    QTY: 'INTEGER',
    PAID: 'DECIMAL(10,2)',
    SEEN_AT: 'TIMESTAMP',
    DAY_OF: 'DATE',
    AT_TIME: 'TIME',
    MS: 'BIGINT',
    OPEN: 'BOOLEAN',
    RATE: 'REAL',
    TINY: 'TINYINT',
    NOTE: 'CHAR(8)',
  }),
  input('SOURCE_SQL_STREAM_001', { unit: 'VARCHAR(12)', celsius: 'DOUBLE' }),
]

/** The reference table that some of them join. */
export const TABLES: readonly PlanInput[] = [
  input('COMPANIES', { TICKER: 'VARCHAR(4)', COMPANY: 'VARCHAR(32)', SECTOR: 'VARCHAR(16)' }),
]
