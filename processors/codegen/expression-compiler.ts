/** Expressions as kernels: generated code where the host lets it, else the interpreter, with the same answers. */
import { isNullAt } from '../../core/rows.ts'
import { compileExpression } from '../expressions/compile-expression.ts'
import type { Evaluation, ExpressionHost, FilterKernel, Kernel, SetKernel } from '../expressions/kernel.ts'
import type { Selection } from '../expressions/selection.ts'
import { asNumbers } from '../expressions/vectors.ts'
import type { Expression } from '../sql/expression.ts'
import { Analysis, NODES_MAX } from './analysis.ts'
import { canGenerateCode } from './compile-source.ts'
import { generatedFilter, generatedSet, type SetOptions } from './generated-set.ts'

/** `auto`: generated code where the host allows code from strings. `off`: always the interpreter. */
export type Codegen = 'auto' | 'off'

export interface ExpressionCompiler {
  /**
   * One expression.
   * @throws SqlError `sql_bind` where a function or a conversion has no implementation; the others as well
   */
  kernel(expression: Expression): Kernel
  /** Several over the same rows. */
  set(expressions: readonly Expression[], options?: SetOptions): SetKernel
  /** Several over the same rows, for callers that ask for them one by one, in order, with one evaluation and selection. */
  kernels(expressions: readonly Expression[], options?: SetOptions): readonly Kernel[]
  filter(condition: Expression): FilterKernel
}

export function expressionCompiler(host: ExpressionHost, codegen: Codegen = 'auto'): ExpressionCompiler {
  const generates = codegen === 'auto' && canGenerateCode()
  const set = (expressions: readonly Expression[], options: SetOptions = {}): SetKernel => {
    const kernels = expressions.map(expression => compileExpression(expression, host))
    const interpreted = interpretedSet(expressions, kernels, options)
    return generates ? generated(expressions, host, interpreted, options) : interpreted
  }
  const kernels = (expressions: readonly Expression[], options: SetOptions = {}): readonly Kernel[] =>
    generates
      ? shared(set(expressions, options), expressions.length)
      : expressions.map(each => compileExpression(each, host))
  return {
    kernel: expression => kernels([expression])[0]!,
    set,
    kernels,
    filter: condition => {
      const interpreted = interpretedFilter(compileExpression(condition, host))
      return generates && nodesOf([condition]) <= NODES_MAX
        ? generatedFilter(condition, host, interpreted)
        : interpreted
    },
  }
}

function nodesOf(expressions: readonly Expression[]): number {
  const analysis = new Analysis()
  return expressions.reduce((nodes, expression) => nodes + analysis.of(expression).nodes, 0)
}

/** A set in parts that are small enough for one function each; a part that is one large expression is interpreted. */
function generated(
  expressions: readonly Expression[],
  host: ExpressionHost,
  interpreted: SetKernel,
  options: SetOptions,
): SetKernel {
  if (nodesOf(expressions) <= NODES_MAX) return generatedSet(expressions, host, interpreted, options)
  const middle = expressions.length >> 1
  if (middle === 0) return interpreted
  const part = (from: number, to: number): SetKernel => {
    const required = (options.required ?? []).slice(from, to)
    return expressionCompiler(host).set(expressions.slice(from, to), { ...options, required })
  }
  const [first, second] = [part(0, middle), part(middle, expressions.length)]
  return (evaluation, selection) => [...first(evaluation, selection), ...second(evaluation, selection)]
}

function interpretedSet(
  expressions: readonly Expression[],
  kernels: readonly Kernel[],
  { required = [] }: SetOptions,
): SetKernel {
  return (evaluation, selection) =>
    kernels.map((kernel, index) => {
      const column = kernel(evaluation, selection)
      const failure = required[index] ?? null
      if (failure !== null)
        for (let i = 0; i < selection.length; i++)
          if (isNullAt(column, selection.rows[i]!))
            evaluation.failures.add(selection.rows[i]!, failure, expressions[index]!.span)
      return column
    })
}

function interpretedFilter(condition: Kernel): FilterKernel {
  return (evaluation, selection) => {
    const { values, nulls } = asNumbers(condition(evaluation, selection))
    const sound = evaluation.failures.without(selection)
    const rows = new Int32Array(sound.length)
    let length = 0
    for (let i = 0; i < sound.length; i++) {
      const row = sound.rows[i]!
      if (values[row] === 1 && nulls[row] === 0) rows[length++] = row
    }
    return { rows, length }
  }
}

/** The kernels of a set: the first one asked with an evaluation and a selection computes all. */
function shared(set: SetKernel, length: number): readonly Kernel[] {
  let last: { evaluation: Evaluation; selection: Selection; columns: ReturnType<SetKernel> } | null = null
  return Array.from(
    { length },
    (_, index): Kernel =>
      (evaluation, selection) => {
        if (last === null || last.evaluation !== evaluation || last.selection !== selection)
          last = { evaluation, selection, columns: set(evaluation, selection) }
        const column = last.columns[index]!
        if (index === length - 1) last = null
        return column
      },
  )
}
