/** Operators between numbers and instant vectors. */
import type { Binary, BinaryOp, Matching } from './ast.ts'
import { type Labels, METRIC_NAME, withoutName } from './labels.ts'
import { QueryError } from './query-error.ts'
import type { Sample, Vector } from './series.ts'

const isComparison = (op: BinaryOp): boolean => /^[=!<>]/.test(op)

/** The value of an arithmetic operator; comparisons give 1 or 0. */
export function operate(op: BinaryOp, a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    case '%':
      return a % b
    case '^':
      // C and Go agree on these two, JavaScript does not.
      return a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b
    case 'atan2':
      return Math.atan2(a, b)
    case '==':
      return Number(a === b)
    case '!=':
      return Number(a !== b)
    case '>':
      return Number(a > b)
    case '<':
      return Number(a < b)
    case '>=':
      return Number(a >= b)
    case '<=':
      return Number(a <= b)
    case 'and':
    case 'or':
    case 'unless':
      throw new QueryError('execution', `${op} is an operator of sets`)
  }
}

/** One number beside each series; a comparison without `bool` keeps the series that it is true for, as they are. */
export function withNumber({ op, isBool }: Binary, vector: Vector, number: number, isNumberLeft: boolean): Sample[] {
  const result: Sample[] = []
  for (const { labels, value } of vector) {
    const given = isNumberLeft ? operate(op, number, value) : operate(op, value, number)
    if (isComparison(op) && !isBool) {
      if (given === 1) result.push({ labels, value })
    } else result.push({ labels: withoutName(labels), value: given })
  }
  return result
}

/** The key by which series of both sides belong together. */
function groupOf({ on, labels }: Matching): (of: Labels) => Labels {
  const names = new Set(on ? labels : [...labels, METRIC_NAME])
  return on ? of => of.only(names) : of => of.except(names)
}

export function combineSets(op: 'and' | 'or' | 'unless', matching: Matching, left: Vector, right: Vector): Sample[] {
  const group = groupOf(matching)
  const known = new Set((op === 'or' ? left : right).map(({ labels }) => group(labels).key))
  switch (op) {
    case 'and':
      return left.filter(({ labels }) => known.has(group(labels).key))
    case 'unless':
      return left.filter(({ labels }) => !known.has(group(labels).key))
    case 'or':
      return [...left, ...right.filter(({ labels }) => !known.has(group(labels).key))]
  }
}

/**
 * Series of both sides that belong together.
 * @throws QueryError `execution` where a series has more than one partner and may not
 */
export function joinVectors(expression: Binary, left: Vector, right: Vector): Sample[] {
  const { op, isBool, matching } = expression
  const group = groupOf(matching)
  const isSwapped = matching.many === 'right'
  const many = isSwapped ? right : left
  const one = isSwapped ? left : right
  const partners = new Map<string, Sample>()
  for (const sample of one) {
    const shared = group(sample.labels)
    const other = partners.get(shared.key)
    if (other !== undefined)
      throw new QueryError(
        'execution',
        `found duplicate series for the match group ${shared.toString()} on the ${isSwapped ? 'left' : 'right'} hand-side of the operation: ` +
          `[${other.labels.toString()}, ${sample.labels.toString()}];many-to-many matching not allowed: matching labels must be unique on one side`,
      )
    partners.set(shared.key, sample)
  }
  const found = new Set<string>()
  const result: Sample[] = []
  for (const sample of many) {
    const key = group(sample.labels).key
    const partner = partners.get(key)
    if (partner === undefined) continue
    const given = isSwapped ? operate(op, partner.value, sample.value) : operate(op, sample.value, partner.value)
    const isFilter = isComparison(op) && !isBool
    if (isFilter && given !== 1) continue
    const labels = joinedLabels(expression, sample.labels, partner.labels)
    const identity = matching.many === null ? key : `${key}\u0002${labels.key}`
    if (found.has(identity))
      throw new QueryError(
        'execution',
        matching.many === null
          ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
          : 'multiple matches for labels: grouping labels must ensure unique matches',
      )
    found.add(identity)
    result.push({ labels, value: isFilter ? (isSwapped ? partner.value : sample.value) : given })
  }
  return result
}

function joinedLabels({ op, isBool, matching }: Binary, many: Labels, one: Labels): Labels {
  let labels = isComparison(op) && !isBool ? many : withoutName(many)
  if (matching.many === null) {
    const names = new Set(matching.labels)
    labels = matching.on ? labels.only(names) : labels.except(names)
  }
  for (const name of matching.include) labels = labels.with(name, one.get(name))
  return labels
}
