/** VALUES: rows of constants, which the program emits once, at its start. */
import type { SqlType } from '../../../core/sql-type.ts'
import { sqlTypeText } from '../../../core/sql-type.ts'
import type { QueryNode } from '../ast.ts'
import type { Expression } from '../expression.ts'
import type { PlanNode } from '../plan-node.ts'
import { coerce } from './build.ts'
import type { BindContext } from './context.ts'
import { fail } from './errors.ts'
import { NOT_MONOTONIC } from './monotonicity.ts'
import { isNullable } from './nullable.ts'
import type { BoundQuery } from './projection.ts'
import { commonType } from './types.ts'

/** @param context of a clause without columns */
export function bindValues(query: Extract<QueryNode, { kind: 'values' }>, context: BindContext): BoundQuery {
  const rows = query.rows.map(row => row.map(value => context.bind(value)))
  const width = rows[0]?.length ?? 0
  const types: SqlType[] = Array.from({ length: width }, () => ({ kind: 'NULL' }))
  for (const [index, row] of rows.entries()) {
    if (row.length !== width) {
      const span = query.rows[index]?.[0]?.span ?? query.span
      fail(`row ${index + 1} of VALUES has ${row.length} columns, the first has ${width}`, span)
    }
    row.forEach((value, column) => {
      const known = types[column] ?? { kind: 'NULL' }
      const type = commonType(known, value.type)
      if (type === null) {
        fail(
          `column ${column + 1} of VALUES is ${sqlTypeText(known)} above and ${sqlTypeText(value.type)} here`,
          value.span,
          'use CAST',
        )
      }
      types[column] = type
    })
  }
  const inTypes = rows.map(row => row.map((value, column) => typed(value, types[column])))
  const schema = {
    columns: types.map((type, column) => ({
      name: `EXPR$${column}`,
      type,
      nullable: inTypes.some(row => row[column] === undefined || isNullable(row[column], { columns: [] })),
    })),
  }
  const node: PlanNode = { kind: 'values', rows: inTypes, schema }
  const outputs = schema.columns.map(({ name }, index) => {
    return { name, span: query.rows[0]?.[index]?.span ?? query.span, index, plainRowtime: false }
  })
  return { node, outputs, monotonic: types.map(() => NOT_MONOTONIC) }
}

function typed(value: Expression, type: SqlType | undefined): Expression {
  return type === undefined || type.kind === 'NULL' ? value : coerce(value, type)
}
