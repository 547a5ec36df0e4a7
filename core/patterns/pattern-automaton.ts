/**
 * Answers whether a text matches, without saying where: a deterministic automaton whose states are sets of states
 * of the program, built while texts are read. Places (`^`, `\b` ...) are part of the symbol that a state is left by, since a
 * state is followed through its instructions only when the next character is known.
 */

import { placesAt } from './pattern-places.ts'
import { OP, type PatternProgram } from './pattern-program.ts'

/** States that are kept; a pattern that needs more is run by the machine. */
const STATES_MAX = 1_000
/** Kinds of place in one pattern: each doubles the symbols. */
const PLACES_MAX = 4
/** Classes of characters that no set of the pattern tells apart. */
const CLASSES_MAX = 200
/** Characters beyond the table whose class is remembered. */
const REMEMBERED_MAX = 4_096

const UNKNOWN = -1
const NONE = -2
const FOUND = -3

interface State {
  /** states of the program behind the last character, in ascending order */
  readonly seeds: Int32Array
  /** by class, then by places: a state, NONE or FOUND */
  readonly next: Int32Array
  /** by places: 1 where a text that ends here matches, 0 where not, UNKNOWN */
  readonly ends: Int32Array
}

export class PatternAutomaton {
  /** states built and instructions followed for them */
  steps = 0
  readonly #program: PatternProgram
  /** the whole text, or any part of it */
  readonly #whole: boolean
  readonly #classOfTable: Uint8Array
  readonly #classBySignature = new Map<string, number>()
  readonly #classBeyond = new Map<number, number>()
  /** a member of each class */
  readonly #members: number[] = []
  readonly #placeSets: number
  readonly #states: State[] = []
  readonly #byKey = new Map<string, number>()
  #overflow = false

  /** @returns null where the pattern has too many kinds of characters or places */
  static of(program: PatternProgram, whole: boolean): PatternAutomaton | null {
    if (program.places.length > PLACES_MAX) return null
    const automaton = new PatternAutomaton(program, whole)
    return automaton.#overflow ? null : automaton
  }

  private constructor(program: PatternProgram, whole: boolean) {
    this.#program = program
    this.#whole = whole
    this.#placeSets = 1 << program.places.length
    this.#classOfTable = new Uint8Array(256)
    for (let point = 0; point < 256 && !this.#overflow; point++) this.#classOfTable[point] = this.#classify(point)
    this.#stateOf([0])
  }

  /** True or false, or null where the automaton has grown too large and cannot say. */
  test(text: string): boolean | null {
    const { places } = this.#program
    let state = 0
    for (let at = 0; at < text.length; ) {
      if (this.#overflow) return null
      let point = text.charCodeAt(at)
      const held = places.length === 0 ? 0 : placesAt(places, text, at)
      if (point < 256) at++
      else {
        point = text.codePointAt(at)!
        at += point > 0xffff ? 2 : 1
      }
      const symbol = point < 256 ? this.#classOfTable[point]! : this.#classBeyondTable(point)
      const key = symbol * this.#placeSets + held
      const known = this.#states[state]!
      let next = key < known.next.length ? known.next[key]! : UNKNOWN
      if (next === UNKNOWN) {
        next = this.#step(known, symbol, held)
        if (key < known.next.length) known.next[key] = next
      }
      if (next === FOUND) return true
      if (next === NONE) return false
      state = next
    }
    if (this.#overflow) return null
    const held = places.length === 0 ? 0 : placesAt(places, text, text.length)
    const { ends, seeds } = this.#states[state]!
    if (ends[held] === UNKNOWN) ends[held] = Number(this.#reach(seeds, held).matches)
    return ends[held] === 1
  }

  #step({ seeds }: State, symbol: number, held: number): number {
    const { a, sets, depths, states } = this.#program
    const { waiting, matches } = this.#reach(seeds, held)
    if (matches && !this.#whole) return FOUND
    const member = this.#members[symbol]!
    const next = new Set<number>()
    for (const address of waiting) if (sets[a[address]!]!.has(member)) next.add(states[address + 1]! + depths[address]!)
    // Without an anchor a match may begin at every place.
    if (!this.#whole) next.add(0)
    return next.size === 0 ? NONE : this.#stateOf(Array.from(next))
  }

  /** What instructions lead to without reading, where the given places hold. */
  #reach(seeds: Int32Array, held: number): { waiting: readonly number[]; matches: boolean } {
    const { ops, a, b, states, addresses } = this.#program
    const seen = new Uint8Array(addresses.length)
    const waiting: number[] = []
    const stack = Array.from(seeds)
    let matches = false
    for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
      if (seen[state] === 1) continue
      seen[state] = 1
      this.steps++
      const address = addresses[state]!
      const level = state - states[address]!
      switch (ops[address]) {
        case OP.one:
          waiting.push(address)
          break
        case OP.match:
          matches = true
          break
        case OP.split:
          stack.push(states[a[address]!]! + level, states[b[address]!]! + level)
          break
        case OP.jump:
          stack.push(states[a[address]!]! + level)
          break
        case OP.check:
          if (level >= a[address]!) stack.push(states[address + 1]! + a[address]! - 1)
          else stack.push(states[b[address]!]! + level)
          break
        case OP.place:
          if ((held & (1 << a[address]!)) !== 0) stack.push(states[address + 1]! + level)
          break
        default:
          stack.push(states[address + 1]! + level)
      }
    }
    return { waiting, matches }
  }

  #stateOf(seeds: number[]): number {
    const sorted = Int32Array.from(seeds).sort()
    const key = sorted.join()
    let index = this.#byKey.get(key)
    if (index === undefined) {
      if (this.#states.length >= STATES_MAX) {
        this.#overflow = true
        return 0
      }
      const symbols = this.#members.length * this.#placeSets
      const state: State = {
        seeds: sorted,
        next: new Int32Array(symbols).fill(UNKNOWN),
        ends: new Int32Array(this.#placeSets).fill(UNKNOWN),
      }
      index = this.#states.push(state) - 1
      this.#byKey.set(key, index)
    }
    return index
  }

  #classBeyondTable(point: number): number {
    let found = this.#classBeyond.get(point)
    if (found === undefined) {
      found = this.#classify(point)
      if (this.#classBeyond.size < REMEMBERED_MAX) this.#classBeyond.set(point, found)
    }
    return found
  }

  /** Characters in the same sets are one class. */
  #classify(point: number): number {
    let signature = ''
    for (const set of this.#program.sets) signature += set.has(point) ? '1' : '0'
    let index = this.#classBySignature.get(signature)
    if (index === undefined) {
      if (this.#members.length >= CLASSES_MAX) {
        this.#overflow = true
        return 0
      }
      index = this.#members.push(point) - 1
      this.#classBySignature.set(signature, index)
    }
    return index
  }
}
