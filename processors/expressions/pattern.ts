/**
 * Patterns as trees and as programs of a machine that reads a text once, whatever the pattern: no backtracking, so that
 * no row can make a query stand still. Back-references and look-around do not exist here.
 */

export type PatternNode =
  /** one code point */
  | { readonly kind: 'one'; readonly accepts: (point: number) => boolean }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | {
      readonly kind: 'repeat'
      readonly item: PatternNode
      readonly least: number
      /** Infinity: any number */
      readonly most: number
      readonly lazy: boolean
    }
  /** groups are numbered from 1 */
  | { readonly kind: 'group'; readonly index: number; readonly item: PatternNode }
  | { readonly kind: 'assert'; readonly what: 'start' | 'end' | 'boundary' | 'inside' }

/** Pattern text, states of the machine, and text that it reads (reliability of hostile patterns). */
export const PATTERN_LENGTH_MAX = 4_096
export const PATTERN_STATES_MAX = 10_000
export const PATTERN_TEXT_MAX = 1_048_576

type Instruction =
  | { readonly op: 'one'; readonly accepts: (point: number) => boolean }
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'assert'; readonly what: 'start' | 'end' | 'boundary' | 'inside' }
  | { readonly op: 'match' }

/** A pattern that cannot be used; the message says why. */
export class PatternError extends Error {
  override name = 'PatternError'
}

/** A match as places in code points: [start, end) of the whole, then of each group; -1 where a group took no part. */
export type Match = readonly number[]

export class Pattern {
  readonly #program: readonly Instruction[]
  readonly groups: number

  /** @throws PatternError when the machine would have too many states */
  constructor(node: PatternNode, groups: number) {
    const program: Instruction[] = [{ op: 'save', slot: 0 }]
    emit(node, program)
    program.push({ op: 'save', slot: 1 }, { op: 'match' })
    this.#program = program
    this.groups = groups
  }

  /** True when the whole text matches. */
  matches(points: readonly number[]): boolean {
    return this.#run(points, 0, true) !== null
  }

  /** The match of the whole text, with its groups. */
  matchAll(points: readonly number[]): Match | null {
    return this.#run(points, 0, true)
  }

  /** The first match that begins at `from` or later. */
  find(points: readonly number[], from: number): Match | null {
    return this.#run(points, from, false)
  }

  #run(points: readonly number[], from: number, whole: boolean): Match | null {
    const program = this.#program
    const marks = new Int32Array(program.length).fill(-1)
    let current: Thread[] = []
    let found: Match | null = null
    for (let at = from; at <= points.length; at++) {
      // A later start has the lowest priority, and none is needed once something matched.
      if (found === null && (at === from || !whole)) this.#follow({ pc: 0, saved: [] }, points, at, marks, current)
      const next: Thread[] = []
      const point = points[at]
      for (const { pc, saved } of current) {
        const instruction = program[pc]!
        if (instruction.op === 'match') {
          if (whole && at !== points.length) continue
          found = saved
          // Threads behind this one have lower priority.
          break
        }
        if (instruction.op === 'one' && point !== undefined && instruction.accepts(point))
          this.#follow({ pc: pc + 1, saved }, points, at + 1, marks, next)
      }
      current = next
      if (current.length === 0 && (found !== null || whole)) break
    }
    return found === null ? null : Array.from({ length: 2 * (this.groups + 1) }, (_, slot) => found[slot] ?? -1)
  }

  /** Adds what a thread reaches without reading, best first; each state once for each place. */
  #follow(start: Thread, points: readonly number[], at: number, marks: Int32Array, into: Thread[]): void {
    const stack: Thread[] = [start]
    for (let thread = stack.pop(); thread !== undefined; thread = stack.pop()) {
      const { pc, saved } = thread
      if (marks[pc] === at) continue
      marks[pc] = at
      const instruction = this.#program[pc]!
      switch (instruction.op) {
        case 'jump':
          stack.push({ pc: instruction.to, saved })
          break
        case 'split':
          stack.push({ pc: instruction.second, saved }, { pc: instruction.first, saved })
          break
        case 'save': {
          const copy = saved.slice()
          copy[instruction.slot] = at
          stack.push({ pc: pc + 1, saved: copy })
          break
        }
        case 'assert':
          if (holds(instruction.what, points, at)) stack.push({ pc: pc + 1, saved })
          break
        case 'one':
        case 'match':
          into.push(thread)
      }
    }
  }
}

interface Thread {
  readonly pc: number
  readonly saved: number[]
}

function emit(node: PatternNode, program: Instruction[]): void {
  if (program.length > PATTERN_STATES_MAX)
    throw new PatternError(`it needs more than ${PATTERN_STATES_MAX} states; write smaller counts`)
  switch (node.kind) {
    case 'one':
      program.push({ op: 'one', accepts: node.accepts })
      break
    case 'sequence':
      for (const item of node.items) emit(item, program)
      break
    case 'choice': {
      const ends: { op: 'jump'; to: number }[] = []
      node.options.forEach((option, index) => {
        if (index === node.options.length - 1) {
          emit(option, program)
          return
        }
        const split = { op: 'split' as const, first: program.length + 1, second: 0 }
        program.push(split)
        emit(option, program)
        const end = { op: 'jump' as const, to: 0 }
        program.push(end)
        ends.push(end)
        split.second = program.length
      })
      for (const end of ends) end.to = program.length
      break
    }
    case 'repeat':
      emitRepeat(node, program)
      break
    case 'group':
      program.push({ op: 'save', slot: node.index * 2 })
      emit(node.item, program)
      program.push({ op: 'save', slot: node.index * 2 + 1 })
      break
    case 'assert':
      program.push({ op: 'assert', what: node.what })
  }
}

function emitRepeat(node: Extract<PatternNode, { kind: 'repeat' }>, program: Instruction[]): void {
  const { item, least, most, lazy } = node
  const branch = (): { op: 'split'; first: number; second: number } => {
    const split = { op: 'split' as const, first: 0, second: 0 }
    program.push(split)
    return split
  }
  const point = (split: { first: number; second: number }, inside: number, outside: number): void => {
    split.first = lazy ? outside : inside
    split.second = lazy ? inside : outside
  }
  for (let i = 0; i < least; i++) emit(item, program)
  if (most === Infinity) {
    const at = program.length
    const split = branch()
    emit(item, program)
    program.push({ op: 'jump', to: at })
    point(split, at + 1, program.length)
    return
  }
  const splits: { at: number; split: { first: number; second: number } }[] = []
  for (let i = least; i < most; i++) {
    splits.push({ at: program.length, split: branch() })
    emit(item, program)
  }
  for (const { at, split } of splits) point(split, at + 1, program.length)
}

export function isWordPoint(point: number | undefined): boolean {
  if (point === undefined) return false
  return (point >= 48 && point <= 57) || (point >= 65 && point <= 90) || point === 95 || (point >= 97 && point <= 122)
}

function holds(what: 'start' | 'end' | 'boundary' | 'inside', points: readonly number[], at: number): boolean {
  switch (what) {
    case 'start':
      return at === 0
    case 'end':
      return at === points.length
    default:
      return (isWordPoint(points[at - 1]) !== isWordPoint(points[at])) === (what === 'boundary')
  }
}
