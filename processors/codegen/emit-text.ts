/** Texts that are chosen row by row, as ids of one dictionary. */
import type { Expression } from '../sql/expression.ts'
import { BLOCKS_MAX, isTrue } from './emit-logic.ts'
import type { Emitting } from './operand.ts'

/** What an emitter of texts asks for beside an emitter of numbers. */
export interface TextEmitting extends Emitting {
  /** Writes the id of a text in the dictionary of the set; returns the local that has it. */
  emitText(expression: Expression): string
}

/** Writes CASE and COALESCE of texts; null for what is no choice, or too long a one. */
export function emitTextChoice(expression: Expression, emitter: TextEmitting): string | null {
  if (expression.kind === 'case') return emitTextCase(expression, emitter)
  if (expression.kind === 'call' && expression.name === 'COALESCE') return emitTextCoalesce(expression.args, emitter)
  return null
}

function emitTextCase(
  { branches, otherwise }: Extract<Expression, { kind: 'case' }>,
  emitter: TextEmitting,
): string | null {
  if (branches.length > BLOCKS_MAX) return null
  const { code } = emitter
  const id = code.local('j')
  code.line(`let ${id} = 0;`)
  const add = (index: number): void => {
    const branch = branches[index]
    if (branch === undefined) {
      if (otherwise !== null) code.line(`${id} = (${emitter.emitText(otherwise)}) | 0;`)
      return
    }
    emitter.when(
      isTrue(emitter.emit(branch.condition)),
      () => code.line(`${id} = (${emitter.emitText(branch.result)}) | 0;`),
      () => add(index + 1),
    )
  }
  add(0)
  return id
}

function emitTextCoalesce(args: readonly Expression[], emitter: TextEmitting): string | null {
  if (args.length > BLOCKS_MAX) return null
  const { code } = emitter
  const id = code.local('j')
  code.line(`let ${id} = 0;`)
  const add = (index: number): void => {
    const arg = args[index]
    if (arg === undefined) return
    code.line(`${id} = (${emitter.emitText(arg)}) | 0;`)
    emitter.when(`${id} === 0`, () => add(index + 1))
  }
  add(0)
  return id
}
