/** What names mean where there are no relations: in VALUES nothing, in a function body its parameters. */
import type { TextSpan } from '../../../core/errors.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import type { Name } from '../ast.ts'
import type { Expression } from '../expression.ts'
import { nameText } from '../reserved-words.ts'
import { fail, nameHint } from './errors.ts'
import { shown } from './scope.ts'

/** What an expression binder asks about names. */
export interface Names {
  /** null for an unqualified name that nothing has */
  resolve(parts: readonly Name[], span: TextSpan): Expression | null
  failColumn(name: Name, qualifier: Name | null): never
}

export const NO_NAMES: Names = {
  resolve: parts => {
    const [first, second] = parts
    return first !== undefined && second !== undefined ? NO_NAMES.failColumn(second, first) : null
  },
  failColumn: name =>
    fail(`VALUES has no columns to read ${shown(name)} from`, name.span, "constants only; text stands in 'quotes'"),
}

/** Parameters as columns of their position. */
export function parameterNames(
  functionName: string,
  parameters: readonly { readonly name: Name; readonly type: { readonly type: SqlType } }[],
): Names {
  const failColumn = (name: Name): never => {
    if (name.text === 'ROWTIME') fail('ROWTIME is not known in a function', name.span, 'make it a parameter')
    const hint = nameHint(
      name,
      parameters.map(each => each.name.text),
    )
    return fail(`${shown(name)} is no parameter of function ${nameText(functionName)}`, name.span, hint)
  }
  return {
    resolve: (parts, span) => {
      // `f.x` is parameter x of function f.
      const name = parts[parts.length - 1]
      const qualifier = parts.length > 1 ? parts[parts.length - 2] : undefined
      if (name === undefined) return null
      if (qualifier !== undefined && qualifier.text !== functionName) return failColumn(qualifier)
      const index = parameters.findIndex(each => each.name.text === name.text)
      const parameter = parameters[index]
      if (parameter !== undefined) return { kind: 'column', index, type: parameter.type.type, span }
      return name.text === 'ROWTIME' && !name.quoted ? failColumn(name) : null
    },
    failColumn,
  }
}
