/** Functions that change labels. */

import type { Pattern } from '../../../core/patterns/pattern.ts'
import { PatternError } from '../../../core/patterns/pattern-error.ts'
import type { Labels } from './labels.ts'
import { QueryError } from './query-error.ts'
import { regexOf } from './regex.ts'
import type { Sample, Vector } from './series.ts'

/** Characters of a label's value: functions within each other multiply them. */
const VALUE_LENGTH_MAX = 4_096
const LABEL_NAME = /^[a-zA-Z_]\w*$/

/** Sets `target` to `replacement`, with `$1` and `${name}` filled in, where the whole value of `source` matches. */
export function replaceLabel(
  vector: Vector,
  target: string,
  replacement: string,
  source: string,
  regex: string,
): Sample[] {
  checkName(target, 'label_replace')
  let pattern: Pattern
  try {
    pattern = regexOf(regex)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    throw new QueryError('execution', `invalid regular expression in label_replace(): ${regex}: ${error.message}`)
  }
  return vector.map(({ labels, value }) => {
    const text = labels.get(source)
    const match = pattern.matchWhole(text)
    if (match === null) return { labels, value }
    const group = (index: number): string => {
      const start = match[index * 2] ?? -1
      return start < 0 ? '' : text.slice(start, match[index * 2 + 1])
    }
    const filled = replacement.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
      const name = braced ?? bare
      if (name === undefined) return whole === '$$' ? '$' : whole
      return /^\d+$/.test(name) ? group(Number(name)) : group(pattern.names.get(name) ?? -1)
    })
    return { labels: labels.with(target, checkedValue(filled)), value }
  })
}

/** Sets `target` to the values of the sources with a separator between them. */
export function joinLabels(vector: Vector, target: string, separator: string, sources: readonly string[]): Sample[] {
  checkName(target, 'label_join')
  return vector.map(({ labels, value }) => ({
    labels: labels.with(target, checkedValue(sources.map(source => labels.get(source)).join(separator))),
    value,
  }))
}

function checkedValue(value: string): string {
  if (value.length > VALUE_LENGTH_MAX)
    throw new QueryError('execution', `a label would have more than ${VALUE_LENGTH_MAX} characters`)
  return value
}

function checkName(name: string, where: string): void {
  if (!LABEL_NAME.test(name)) throw new QueryError('execution', `invalid destination label name in ${where}(): ${name}`)
}

/** @throws QueryError `execution` where two results have the same labels */
export function checkUnique(vector: Vector): void {
  const seen = new Set<string>()
  for (const { labels } of vector) {
    if (seen.has(labels.key)) throw duplicate(labels)
    seen.add(labels.key)
  }
}

function duplicate(labels: Labels): QueryError {
  return new QueryError(
    'execution',
    `vector cannot contain metrics with the same labelset; there are two of ${labels.toString()}`,
  )
}
