/** A compiled pattern: what regular expressions, SIMILAR TO and log patterns become, and what functions run. */
import { PatternAutomaton } from './pattern-automaton.ts'
import { PatternMachine } from './pattern-machine.ts'
import type { PatternNode } from './pattern-node.ts'
import { compileProgram, type PatternProgram } from './pattern-program.ts'

/** UTF-16 offsets [start, end) of the whole match, then of each group; -1 where a group took no part. */
export type Match = readonly number[]

/** Patterns are re-used from text to text, but never from within each other's calls. */
export class Pattern {
  /** capturing groups */
  readonly groups: number
  /** groups by name */
  readonly names: ReadonlyMap<string, number>
  readonly #program: PatternProgram
  #machine: PatternMachine | null = null
  /** undefined: not tried yet; null: the pattern is too rich for one */
  #whole: PatternAutomaton | null | undefined
  #part: PatternAutomaton | null | undefined

  /** @throws PatternError where the machine would have too many states */
  constructor(node: PatternNode, groups: number, names: ReadonlyMap<string, number> = new Map()) {
    this.#program = compileProgram(node, groups)
    this.groups = groups
    this.names = names
  }

  /** Instructions followed for all texts so far: the measure of the work. */
  get steps(): number {
    return (this.#machine?.steps ?? 0) + (this.#whole?.steps ?? 0) + (this.#part?.steps ?? 0)
  }

  /** Begins a new evaluation: what follows may take `stepsMax` steps together before it throws PatternTooCostly. */
  allow(stepsMax: number): void {
    this.#machine ??= new PatternMachine(this.#program)
    this.#machine.stepsLeft = stepsMax
  }

  /** True when the whole text matches. */
  matches(text: string): boolean {
    if (this.#whole === undefined) this.#whole = PatternAutomaton.of(this.#program, true)
    const answer = this.#whole?.test(text) ?? null
    return answer ?? this.matchWhole(text) !== null
  }

  /** True when some part of the text matches. */
  occurs(text: string): boolean {
    if (this.#part === undefined) this.#part = PatternAutomaton.of(this.#program, false)
    const answer = this.#part?.test(text) ?? null
    return answer ?? this.#run(text, 0, 'find') !== null
  }

  /** The match of the whole text, with its groups. */
  matchWhole(text: string): Match | null {
    return this.#run(text, 0, 'whole')
  }

  /** The first match that begins at `from` or later. */
  find(text: string, from: number): Match | null {
    return this.#run(text, from, 'find')
  }

  /** The shortest match that begins at `from`. */
  shortest(text: string, from: number): Match | null {
    return this.#run(text, from, 'shortest')
  }

  #run(text: string, from: number, mode: 'whole' | 'find' | 'shortest'): Match | null {
    this.#machine ??= new PatternMachine(this.#program)
    return this.#machine.run(text, from, mode)
  }
}
