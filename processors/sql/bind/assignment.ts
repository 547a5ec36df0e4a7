/** INSERT: which item goes into which column, and what may be stored where (AWS SQL reference, "Assignment"). */
import type { Column, Schema } from '../../../core/schema.ts'
import { type SqlType, sqlTypeText } from '../../../core/sql-type.ts'
import type { InsertNode } from '../ast.ts'
import type { Expression } from '../expression.ts'
import type { PlanNode } from '../plan-node.ts'
import { nameText } from '../reserved-words.ts'
import { literal } from './build.ts'
import { fail, nameHint } from './errors.ts'
import { type BoundQuery, type Output, refuseRecords } from './projection.ts'
import { shown } from './scope.ts'
import { familyOf, isDatetime, isText } from './types.ts'

export interface Assignment {
  readonly source: PlanNode
  readonly values: readonly Expression[]
  readonly rowtime: Expression | null
}

export function assign(insert: InsertNode, query: BoundQuery, targetName: string, target: Schema): Assignment {
  // The projection at the top becomes the values, so that rows are built once.
  const top = query.node.kind === 'project' ? query.node : null
  const source = top === null ? query.node : top.input
  const valueOf = (output: Output): Expression => {
    if (output.index === null)
      return top?.rowtime ?? { kind: 'rowtime', type: { kind: 'TIMESTAMP' }, span: output.span }
    const item = top?.items[output.index]?.expression
    const type = query.node.schema.columns[output.index]?.type ?? { kind: 'NULL' }
    return item ?? { kind: 'column', index: output.index, type, span: output.span }
  }
  refuseRecords(query.outputs, 'INSERT')
  const { positions, rowtimePosition } = positionsOf(insert, targetName, target)
  const outputs = placed(insert, query.outputs, positions.length, rowtimePosition)
  if (outputs.length !== positions.length && (insert.columns !== null || outputs.length > positions.length)) {
    fail(
      `INSERT INTO ${nameText(targetName)} has ${plural(positions.length, 'column')} for ${plural(outputs.length, 'select item')}`,
      insert.columns === null ? insert.query.span : (insert.columns[0]?.span ?? insert.query.span),
      `${insert.columns === null ? 'its columns' : 'the list'}: ${columnNames(insert, target)}`,
    )
  }
  const values = target.columns.map((column, index): Expression => {
    const output = outputs[positions.indexOf(index)]
    if (output !== undefined) return store(valueOf(output), column, output, targetName)
    if (!column.nullable) {
      fail(
        `column ${nameText(column.name)} of ${nameText(targetName)} is NOT NULL and gets no value`,
        insert.target.span,
      )
    }
    return literal(null, column.type, insert.target.span)
  })
  const listed = rowtimePosition === null ? undefined : outputs[positions.indexOf(ROWTIME_POSITION)]
  if (listed !== undefined) {
    const rowtime = valueOf(listed)
    if (rowtime.type.kind !== 'TIMESTAMP')
      fail(`ROWTIME must be TIMESTAMP, not ${sqlTypeText(rowtime.type)}`, listed.span)
    return { source, values, rowtime: rowtime.kind === 'rowtime' ? null : rowtime }
  }
  return { source, values, rowtime: top?.rowtime ?? null }
}

const ROWTIME_POSITION = -1

/** For each place of the list, the column of the target. */
function positionsOf(insert: InsertNode, targetName: string, target: Schema) {
  if (insert.columns === null) return { positions: target.columns.map((_, index) => index), rowtimePosition: null }
  let rowtimePosition: number | null = null
  const positions: number[] = []
  for (const [place, name] of insert.columns.entries()) {
    const index = target.columns.findIndex(column => column.name === name.text)
    const isRowtime = index < 0 && name.text === 'ROWTIME'
    if (index < 0 && !isRowtime) {
      fail(
        `column ${shown(name)} not found in ${nameText(targetName)}`,
        name.span,
        nameHint(
          name,
          target.columns.map(column => column.name),
        ),
      )
    }
    if (isRowtime) rowtimePosition = place
    if (positions.includes(isRowtime ? ROWTIME_POSITION : index)) {
      fail(`column ${shown(name)} is in the INSERT list twice`, name.span)
    }
    positions.push(isRowtime ? ROWTIME_POSITION : index)
  }
  return { positions, rowtimePosition }
}

/** The items that take a place: AS ROWTIME does not, unless the list has ROWTIME. */
function placed(
  insert: InsertNode,
  outputs: readonly Output[],
  count: number,
  rowtimePosition: number | null,
): readonly Output[] {
  if (insert.columns !== null && rowtimePosition !== null) return outputs
  const columns = outputs.filter(output => output.index !== null)
  // SELECT STREAM ROWTIME, a, b into (a, b): ROWTIME is the row's time, which it has anyway.
  return columns.length === count + 1 ? columns.filter(output => !output.plainRowtime) : columns
}

function columnNames(insert: InsertNode, target: Schema): string {
  const names = (insert.columns ?? target.columns.map(column => ({ text: column.name }))).map(({ text }) =>
    nameText(text),
  )
  return names.length > 8 ? `${names.slice(0, 8).join(', ')}, ...` : names.join(', ')
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** An item as a value of the column. */
function store(value: Expression, column: Column, output: Output, targetName: string): Expression {
  const from = value.type
  const to = column.type
  if (from.kind === 'NULL' || (value.kind === 'literal' && value.value === null)) {
    if (!column.nullable)
      fail(`NULL goes into NOT NULL column ${nameText(column.name)} of ${nameText(targetName)}`, output.span)
    return literal(null, to, value.span)
  }
  if (familyOf(from) !== familyOf(to)) {
    const hint = storageHint(from, to)
    fail(
      `${sqlTypeText(from)} cannot be stored in column ${nameText(column.name)} ${sqlTypeText(to)} of ${nameText(targetName)}`,
      output.span,
      hint,
    )
  }
  return fits(from, to) ? value : { kind: 'cast', reason: 'assignment', operand: value, type: to, span: value.span }
}

function fits(from: SqlType, to: SqlType): boolean {
  if ('length' in from && 'length' in to) return from.kind === to.kind && from.length <= to.length
  if (from.kind === 'DECIMAL' && to.kind === 'DECIMAL')
    return from.precision === to.precision && from.scale === to.scale
  return from.kind === to.kind
}

function storageHint(from: SqlType, to: SqlType): string {
  if (from.kind === 'INTERVAL')
    return 'an interval cannot be stored: use TSDIFF(a, b), or CAST((a - b) SECOND AS BIGINT)'
  if (isText(to)) return `use CAST(... AS ${sqlTypeText(to)})`
  if (from.kind === 'TIMESTAMP' && familyOf(to) === 'number') return 'use UNIX_TIMESTAMP'
  if (familyOf(from) === 'number' && to.kind === 'TIMESTAMP') return 'use TO_TIMESTAMP'
  if (isText(from) || (isDatetime(from) && isDatetime(to))) return `use CAST(... AS ${sqlTypeText(to)})`
  return 'check the order of the select items'
}
