/** Select lists as projections: what each item gives, and what the rows are known to be afterwards. */
import type { TextSpan } from '../../../core/errors.ts'
import type { Expression } from '../expression.ts'
import type { PlanItem, PlanNode } from '../plan-node.ts'
import { nameText } from '../reserved-words.ts'
import { fail } from './errors.ts'
import type { LogRecord } from './log-records.ts'
import { type Monotonicity, monotonicityOf } from './monotonicity.ts'
import { isNullable } from './nullable.ts'

/** A select item by its place in the list: a column of the row, or what the row's time was set to. */
export interface Output {
  readonly name: string
  readonly span: TextSpan
  /** column of the row; null for `AS ROWTIME` */
  readonly index: number | null
  /** plainly ROWTIME, without alias: a column for INSERT by position, the row's time for everything else */
  readonly plainRowtime: boolean
  /** what parses the text of the column, where the item is a record */
  readonly record?: LogRecord | null
}

export interface BoundQuery {
  readonly node: PlanNode
  readonly outputs: readonly Output[]
  /** of each column of the row */
  readonly monotonic: readonly Monotonicity[]
}

/** A bound select item. */
export interface BoundItem {
  readonly name: string
  readonly span: TextSpan
  readonly expression: Expression
  /** AS ROWTIME */
  readonly setsRowtime: boolean
  readonly plainRowtime: boolean
  /** the time of the row that leaves: ROWTIME without alias before it */
  readonly emission: boolean
  readonly record?: LogRecord | null
  /** what must hold for the row, or it does not leave */
  readonly requires?: Expression | null
}

/** One row for each row of `input`: the items, but for the one that becomes the row's time. */
export function project(input: PlanNode, items: readonly BoundItem[], monotonic: readonly Monotonicity[]): BoundQuery {
  const setting = items.filter(item => item.setsRowtime)
  const [rowtime, twice] = setting
  if (twice !== undefined) fail('a second item is named ROWTIME', twice.span, 'a row has one time')
  const columns = items.filter(item => !item.setsRowtime)
  const planItems: readonly PlanItem[] = columns.map(({ name, expression }) => ({ name, expression }))
  const schema = {
    columns: columns.map(({ name, expression }) => ({
      name,
      type: expression.type,
      nullable: isNullable(expression, input.schema),
    })),
  }
  let index = 0
  const outputs = items.map(item => ({
    name: item.name,
    span: item.span,
    index: item.setsRowtime ? null : index++,
    plainRowtime: item.plainRowtime,
    record: item.record ?? null,
  }))
  const kept = columns.map(({ expression }): Monotonicity => {
    const of = monotonicityOf(expression, monotonic)
    // Where rows get another time, a window of the old time does not say when the group ends.
    return rowtime === undefined || of.end === null ? of : { ...of, end: { kind: 'change' }, rowtime: false }
  })
  const node: PlanNode = { kind: 'project', input, items: planItems, rowtime: rowtime?.expression ?? null, schema }
  return { node, outputs, monotonic: kept }
}

/** A record is for the query around it, which names its fields. */
export function refuseRecords(outputs: readonly Output[], where: string): void {
  const found = outputs.find(({ record }) => record !== undefined && record !== null)
  if (found !== undefined)
    fail(
      `${where} cannot take the record ${nameText(found.name)}`,
      found.span,
      'name its fields in a query around this one: SELECT STREAM t.r.COLUMN1 FROM (...) AS t',
    )
}
