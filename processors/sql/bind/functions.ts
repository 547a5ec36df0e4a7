/**
 * CREATE FUNCTION: functions of one SQL expression, put in place of their calls while a program is bound. Overloads are
 * told apart by the types of their parameters, and nothing is converted: arguments and result must have exactly the types
 * that are declared (text may be shorter).
 */
import { SqlError, type TextSpan } from '../../../core/errors.ts'
import { type SqlType, sameSqlType, sqlTypeText } from '../../../core/sql-type.ts'
import type { ExpressionNode, Name, StatementNode } from '../ast.ts'
import { type Expression, operandsOf } from '../expression.ts'
import { functionNamed } from '../functions/table.ts'
import { EXPRESSION_HEIGHT_MAX, INLINED_NODES_MAX } from '../limits.ts'
import { nameText } from '../reserved-words.ts'
import { BOOLEAN, coerce, literal, withOperands } from './build.ts'
import type { BindContext, UserCalls } from './context.ts'
import { fail } from './errors.ts'
import { type Names, parameterNames } from './names.ts'

export type FunctionNode = Extract<StatementNode, { kind: 'create-function' }>
type CallNode = Extract<ExpressionNode, { kind: 'call' }>

interface UserFunction {
  readonly name: Name
  readonly node: FunctionNode
  /** over its parameters as columns; null until the first call or the end of the program */
  body: Expression | null
  binding: boolean
}

/** Bodies that are bound within each other, where overloads of one name call each other. */
const NESTED_MAX = 4

/** The functions of one program. They may stand behind their calls. */
export class UserFunctions implements UserCalls {
  readonly #byName = new Map<string, UserFunction[]>()
  readonly #binderFor: (names: Names) => BindContext
  #nested = 0
  #inlined = 0

  /** @param binderFor makes the binder of a body, which may call functions in turn */
  constructor(binderFor: (names: Names) => BindContext) {
    this.#binderFor = binderFor
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()]
  }

  /** @param taken whether a name belongs to the language */
  declare(name: Name, node: FunctionNode, taken: (name: string) => boolean): void {
    if (functionNamed(name.text) !== null || taken(name.text)) {
      fail(`function ${nameText(name.text)} exists already`, name.span, 'choose another name')
    }
    const seen = new Set<string>()
    for (const { name: parameter } of node.parameters) {
      if (seen.has(parameter.text)) {
        fail(`parameter ${nameText(parameter.text)} is defined twice`, parameter.span)
      }
      seen.add(parameter.text)
    }
    const overloads = this.#byName.get(name.text) ?? []
    const types = typesOf(node)
    if (overloads.some(other => isSameList(typesOf(other.node), types))) {
      fail(`function ${signatureText(name.text, types)} is created twice`, name.span)
    }
    overloads.push({ name, node, body: null, binding: false })
    this.#byName.set(name.text, overloads)
  }

  /** Forgets every overload of a name; false if there is none. */
  drop(name: string): boolean {
    return this.#byName.delete(name)
  }

  /** Binds every body, so that what is wrong with one is told even if nobody calls it. */
  bindAll(): void {
    for (const name of this.#calledFirst()) {
      for (const each of this.#byName.get(name) ?? []) this.#bodyOf(each, each.name.span)
    }
  }

  /** Names so that each stands behind those that its bodies call: however long a chain of calls is, no binding nests. */
  #calledFirst(): readonly string[] {
    const ordered = new Set<string>()
    const entered = new Set<string>()
    const pending = [...this.#byName.keys()].reverse()
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (ordered.has(name)) continue
      const called = (this.#byName.get(name) ?? []).flatMap(({ node }) => [...callsIn(node.body)])
      const waiting = called.filter(other => this.#byName.has(other) && !entered.has(other))
      if (entered.has(name) || waiting.length === 0) ordered.add(name)
      else pending.push(name, ...waiting)
      entered.add(name)
    }
    return [...ordered]
  }

  /** The body in place of a call; null where no function has the name. */
  call(node: CallNode, args: readonly Expression[]): Expression | null {
    const overloads = this.#byName.get(node.name.text)
    if (overloads === undefined) return null
    const fitting = overloads.filter(({ node: { parameters } }) => {
      return (
        parameters.length === args.length && args.every((arg, index) => takes(parameters[index]?.type.type, arg.type))
      )
    })
    const [found, second] = fitting
    const name = node.name.text
    if (found === undefined) {
      const forms = overloads.map(each => signatureText(name, typesOf(each.node))).join(', ')
      const types = args.map(arg => arg.type)
      fail(
        `no function ${signatureText(name, types)}`,
        node.span,
        `there is ${forms}, and there are no implicit conversions: use CAST`,
      )
    }
    if (second !== undefined) {
      fail(
        `call of ${nameText(name)} could mean more than one function`,
        node.span,
        'CAST NULL to the type that is meant',
      )
    }
    const { nullOnNull, parameters, returns } = found.node
    const typed = args.map((arg, index) => coerce(arg, parameters[index]?.type.type ?? arg.type))
    const body = this.#substitute(this.#bodyOf(found, node.span), typed, node.span)
    const unknown = nullOnNull ? typed.filter(arg => arg.kind !== 'literal' || arg.value === null) : []
    const result = unknown.length === 0 ? body : nullWhere(unknown, body, returns.type, node.span)
    if (heightOf(result) > EXPRESSION_HEIGHT_MAX) {
      throw new SqlError(
        'sql_limit',
        `call of ${nameText(name)} makes an expression of more than ${EXPRESSION_HEIGHT_MAX} levels`,
        node.span,
      )
    }
    return result
  }

  /** The body with arguments in place of its parameters. Arguments keep their own places in the text, the body its own. */
  #substitute(body: Expression, args: readonly Expression[], span: TextSpan): Expression {
    if (++this.#inlined > INLINED_NODES_MAX) {
      throw new SqlError('sql_limit', `calls of functions make more than ${INLINED_NODES_MAX} operations in all`, span)
    }
    if (body.kind === 'column') return args[body.index] ?? body
    return withOperands(body, operand => this.#substitute(operand, args, span))
  }

  #bodyOf(definition: UserFunction, span: TextSpan): Expression {
    if (definition.body !== null) return definition.body
    const { name, node } = definition
    if (definition.binding) {
      fail(`function ${nameText(name.text)} calls itself`, span, 'there is no recursion: write the expression out')
    }
    if (this.#nested >= NESTED_MAX) {
      throw new SqlError('sql_limit', `overloads call each other more than ${NESTED_MAX} deep`, span)
    }
    definition.binding = true
    this.#nested++
    const bound = this.#binderFor(parameterNames(name.text, node.parameters)).bind(node.body)
    const returns = node.returns.type
    if (!takes(returns, bound.type)) {
      fail(
        `function ${nameText(name.text)} returns ${sqlTypeText(returns)}, and its body is ${sqlTypeText(bound.type)}`,
        node.body.span,
        `use CAST(... AS ${sqlTypeText(returns)})`,
      )
    }
    definition.binding = false
    this.#nested--
    const body = bound.type.kind === 'NULL' ? coerce(bound, returns) : bound
    // Shorter text is declared longer, so that callers depend on the declaration only.
    definition.body = sameSqlType(body.type, returns) ? body : { ...body, type: returns }
    return definition.body
  }
}

/** The names of all calls in an expression. */
function callsIn(body: ExpressionNode): ReadonlySet<string> {
  const names = new Set<string>()
  const pending: unknown[] = [body]
  for (let at = 0; at < pending.length; at++) {
    const value = pending[at]
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) continue
    const node = value as Partial<ExpressionNode>
    if (node.kind === 'call' && node.name !== undefined) names.add(node.name.text)
    for (const child of Object.values(value)) pending.push(child)
  }
  return names
}

function typesOf(node: FunctionNode): readonly SqlType[] {
  return node.parameters.map(({ type }) => type.type)
}

function isSameList(a: readonly SqlType[], b: readonly SqlType[]): boolean {
  return a.length === b.length && a.every((type, index) => isSameButLength(type, b[index]))
}

function isSameButLength(a: SqlType, b: SqlType | undefined): boolean {
  if (b === undefined) return false
  return 'length' in a && 'length' in b ? a.kind === b.kind : sameSqlType(a, b)
}

/** Whether a value of a type may stand for a declared one as it is. */
function takes(declared: SqlType | undefined, type: SqlType): boolean {
  if (declared === undefined) return false
  if (type.kind === 'NULL') return true
  if (!isSameButLength(declared, type)) return false
  return !('length' in declared && 'length' in type) || type.length <= declared.length
}

function signatureText(name: string, types: readonly SqlType[]): string {
  return `${nameText(name)}(${types.map(sqlTypeText).join(', ')})`
}

/** RETURNS NULL ON NULL INPUT */
function nullWhere(args: readonly Expression[], body: Expression, type: SqlType, span: TextSpan): Expression {
  const nulls = args.map((operand): Expression => {
    return { kind: 'is', what: 'NULL', negated: false, operand, type: BOOLEAN, span }
  })
  const [only] = nulls
  const condition: Expression =
    nulls.length === 1 && only !== undefined ? only : { kind: 'or', operands: nulls, type: BOOLEAN, span }
  return { kind: 'case', branches: [{ condition, result: literal(null, type, span) }], otherwise: body, type, span }
}

const heights = new WeakMap<Expression, number>()

function heightOf(expression: Expression): number {
  const known = heights.get(expression)
  if (known !== undefined) return known
  const height = 1 + operandsOf(expression).reduce((most, operand) => Math.max(most, heightOf(operand)), 0)
  heights.set(expression, height)
  return height
}
