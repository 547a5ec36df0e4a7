/** The functions of the subset: what they take and give. Their names and meanings are those of Prometheus' "Query functions". */
import type { ValueType } from './ast.ts'

export interface Signature {
  readonly takes: readonly ValueType[]
  /** how many of the last arguments may be left out; -1: the last one may be repeated, or left out */
  readonly optional: number
  readonly gives: ValueType
}

const of = (takes: readonly ValueType[], gives: ValueType = 'vector', optional = 0): Signature => ({
  takes,
  gives,
  optional,
})
const named = (names: string, signature: Signature): [string, Signature][] =>
  names.split(' ').map(name => [name, signature])

export const FUNCTIONS: ReadonlyMap<string, Signature> = new Map([
  ...named(
    'abs ceil floor sqrt exp ln log2 log10 sgn sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh deg rad',
    of(['vector']),
  ),
  ...named('absent sort sort_desc timestamp', of(['vector'])),
  ...named('clamp', of(['vector', 'scalar', 'scalar'])),
  ...named('clamp_min clamp_max', of(['vector', 'scalar'])),
  ...named('round', of(['vector', 'scalar'], 'vector', 1)),
  ...named('minute hour day_of_week day_of_month day_of_year days_in_month month year', of(['vector'], 'vector', 1)),
  ...named('rate increase delta irate idelta deriv changes resets', of(['matrix'])),
  ...named('avg_over_time min_over_time max_over_time sum_over_time count_over_time last_over_time', of(['matrix'])),
  ...named('present_over_time stddev_over_time stdvar_over_time absent_over_time', of(['matrix'])),
  ...named('quantile_over_time', of(['scalar', 'matrix'])),
  ...named('predict_linear', of(['matrix', 'scalar'])),
  ...named('histogram_quantile', of(['scalar', 'vector'])),
  ...named('label_replace', of(['vector', 'string', 'string', 'string', 'string'])),
  ...named('label_join', of(['vector', 'string', 'string', 'string'], 'vector', -1)),
  ...named('scalar', of(['vector'], 'scalar')),
  ...named('vector', of(['scalar'])),
  ...named('time pi', of([], 'scalar')),
])
