/** One program with a filter, texts, groups and an error, over a few rows. */
import { typedValueAt } from '../../../core/rows.ts'
import { canGenerateCode, functionsKept } from '../../../processors/codegen/compile-source.ts'
import { compileProgram } from '../../../processors/compile.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { batchOf, schemaOf } from '../expressions/builders.ts'

const SCHEMA = schemaOf({ page: 'VARCHAR(20)', amount: 'INTEGER', price: 'DOUBLE' })
const TEXT = `
  CREATE OR REPLACE STREAM "OUT" ("page" VARCHAR(20), "kind" VARCHAR(8), "cnt" BIGINT, "total" DOUBLE);
  CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
    SELECT STREAM UPPER("page"), CASE WHEN "amount" > 2 THEN 'many' ELSE 'few' END, COUNT(*), SUM("price" / "amount")
    FROM "IN" AS "s"
    WHERE "page" LIKE '/%' AND "price" > 0.5
    GROUP BY UPPER("page"), CASE WHEN "amount" > 2 THEN 'many' ELSE 'few' END, STEP("s".ROWTIME BY INTERVAL '10' SECOND);`

export function run(): unknown {
  const errors: unknown[] = []
  const program = compileProgram(planProgram(TEXT, [{ name: 'IN', schema: SCHEMA }]), {
    errors: { add: ({ name, message, rowtime }) => void errors.push([name, message, rowtime]) },
    outputs: ['OUT'],
    startedAt: 0,
    rowTimestamp: 'rowtime',
  })
  const rows = Array.from({ length: 40 }, (_, i) => [
    i % 7 === 0 ? 'x' : `/p${i % 3}`,
    i === 25 ? 0 : (i % 5) + 1,
    i / 4,
  ])
  program.push(
    'IN',
    batchOf(
      SCHEMA,
      rows,
      rows.map((_, i) => i * 1_000),
    ),
  )
  program.advance(Infinity)
  const results: unknown[] = []
  for (let more = true; more; ) {
    more = program.work()
    for (const { rows: batch } of program.takeResults())
      for (let row = 0; row < batch.length; row++)
        results.push([
          batch.rowtimes[row],
          ...batch.columns.map((column, i) => String(typedValueAt(column, batch.schema.columns[i]!.type, row))),
        ])
  }
  return { allowed: canGenerateCode(), functions: functionsKept(), rows: results, errors }
}
