/**
 * Writes the text of one generated function, and collects what it is called with. Names and literals of a program never
 * reach the text: constants, functions and arrays lie in numbered vectors, and the text gets their numbers.
 *
 *     const k0 = k[0];  const f0 = f[0];  const c0 = c[0];  const w0 = w[0];     (the prologue)
 *     body
 */
import { assert } from '../../core/assert.ts'
import type { RowFailures } from '../expressions/failures.ts'
import type { Evaluation } from '../expressions/kernel.ts'
import type { Selection } from '../expressions/selection.ts'
import { compileSource, type GeneratedFunction } from './compile-source.ts'

/** Constants, functions, arrays to read, arrays to write, rows of the selection, their number. */
const PARAMETERS = ['k', 'f', 'c', 'w', 's', 'm'] as const

/** What one call of a generated function is about. */
export interface Run {
  readonly evaluation: Evaluation
  readonly selection: Selection
}

/** What one call reads or writes: typed arrays of a batch, tables of a dictionary, columns to fill. */
export type ArrayOf = (run: Run) => object

// oxlint-disable-next-line typescript/no-unsafe-function-type -- generated code calls what its emitter put there
type AnyFunction = (...args: never[]) => unknown

export class CodeWriter {
  readonly #lines: string[] = []
  readonly #constants: unknown[] = []
  readonly #constantNames = new Map<unknown, string>()
  readonly #functions: AnyFunction[] = []
  readonly #functionNames = new Map<AnyFunction, string>()
  readonly #reads: ArrayOf[] = []
  readonly #readNames = new Map<string, string>()
  readonly #writes: ArrayOf[] = []
  #locals = 0
  #failures: RowFailures | null = null

  /** Where generated code marks rows that fail, during a call. */
  get failures(): RowFailures {
    assert(this.#failures !== null, 'rows fail while generated code runs')
    return this.#failures
  }

  /** A constant of the program, or anything else that is the same in every call. */
  constant(value: unknown): string {
    let name = Object.is(value, -0) ? undefined : this.#constantNames.get(value)
    if (name === undefined) {
      name = `k${this.#constants.push(value) - 1}`
      this.#constantNames.set(value, name)
    }
    return name
  }

  /** A number as text; only finite ones have one. */
  number(value: number): string {
    if (!Number.isFinite(value)) return this.constant(value)
    const text = Object.is(value, -0) ? '-0' : String(value)
    return text.startsWith('-') ? `(${text})` : text
  }

  function(called: AnyFunction): string {
    let name = this.#functionNames.get(called)
    if (name === undefined) {
      name = `f${this.#functions.push(called) - 1}`
      this.#functionNames.set(called, name)
    }
    return name
  }

  /** An array that is read. Equal keys share one. */
  read(key: string, array: ArrayOf): string {
    let name = this.#readNames.get(key)
    if (name === undefined) {
      name = `c${this.#reads.push(array) - 1}`
      this.#readNames.set(key, name)
    }
    return name
  }

  /** An array that is written. */
  write(array: ArrayOf): string {
    return `w${this.#writes.push(array) - 1}`
  }

  /** A new local; `letter` is v for values, n for NULL flags, i j o r g for whole numbers. */
  local(letter: 'v' | 'n' | 'b' | 'i' | 'j' | 'o' | 'r' | 'g'): string {
    return `${letter}${this.#locals++}`
  }

  line(text: string): void {
    this.#lines.push(text)
  }

  /** The text of the whole function. */
  source(): string {
    const vector = (letter: string, length: number): string[] =>
      Array.from({ length }, (_, i) => `const ${letter}${i} = ${letter}[${i}];`)
    return [
      ...vector('k', this.#constants.length),
      ...vector('f', this.#functions.length),
      ...vector('c', this.#reads.length),
      ...vector('w', this.#writes.length),
      ...this.#lines,
      '',
    ].join('\n')
  }

  /**
   * The function that was written, checked and compiled.
   * @throws UnsafeSource where the emitter broke its promise
   */
  compile(): (run: Run) => number {
    const compiled: GeneratedFunction = compileSource(PARAMETERS, this.source())
    const [constants, functions, reads, writes] = [this.#constants, this.#functions, this.#reads, this.#writes]
    const inputs: unknown[] = reads.map(() => null)
    const outputs: unknown[] = writes.map(() => null)
    return run => {
      for (let i = 0; i < reads.length; i++) inputs[i] = reads[i]!(run)
      for (let i = 0; i < writes.length; i++) outputs[i] = writes[i]!(run)
      this.#failures = run.evaluation.failures
      const { rows, length } = run.selection
      const result = compiled(constants, functions, inputs, outputs, rows, length)
      this.#failures = null
      return result
    }
  }
}
