/**
 * Patterns as programs of a small machine (Thompson 1968, Pike): an instruction either reads one code point or leads on
 * without reading, to its first choice and then to its second.
 *
 * A loop over something that can be empty ends, as in Java, behind its first round that read nothing. Whether a round
 * has read is known without a place in the text: rounds of inner loops begin after those of outer ones, so of the loops
 * around an instruction the outer ones have read and the inner ones have not. Their number is the *level* of a thread.
 */
import type { CharacterSet } from './character-set.ts'
import { PATTERN_STATES_MAX, PatternError } from './pattern-error.ts'
import { canBeEmpty, type PatternNode, type Place } from './pattern-node.ts'

/** What an instruction does with its arguments a and b. */
export const OP = {
  /** reads a code point of set a */
  one: 0,
  /** tries a, then b */
  split: 1,
  /** goes on at a */
  jump: 2,
  /** writes the place into slot a */
  save: 3,
  /** goes on where place a holds (an index into `places`) */
  place: 4,
  /** ends a round of the loop of depth a, which goes on at b where it read nothing */
  check: 5,
  match: 6,
} as const

export interface PatternProgram {
  readonly ops: Uint8Array
  readonly a: Int32Array
  readonly b: Int32Array
  /** loops over something empty around each instruction */
  readonly depths: Uint8Array
  /** number of the state of each instruction at level 0; its other levels follow, up to its depth */
  readonly states: Int32Array
  /** the instruction of each state */
  readonly addresses: Int32Array
  readonly sets: readonly CharacterSet[]
  /** the kinds of place that the program asks for, each once */
  readonly places: readonly Place[]
  readonly groups: number
}

/** Depth of loops over something that can be empty; each level multiplies the work on its inside. */
const EMPTY_LOOPS_MAX = 20

/** @throws PatternError when the machine would have too many states */
export function compileProgram(node: PatternNode, groups: number): PatternProgram {
  const emitter = new Emitter()
  emitter.add(OP.save, 0)
  emitter.emit(node)
  emitter.add(OP.save, 1)
  emitter.add(OP.match)
  const states: number[] = []
  const addresses: number[] = []
  emitter.depths.forEach((depth, address) => {
    states.push(addresses.length)
    for (let level = 0; level <= depth; level++) addresses.push(address)
  })
  return {
    states: Int32Array.from(states),
    addresses: Int32Array.from(addresses),
    ops: Uint8Array.from(emitter.ops),
    a: Int32Array.from(emitter.a),
    b: Int32Array.from(emitter.b),
    depths: Uint8Array.from(emitter.depths),
    sets: emitter.sets,
    places: emitter.places,
    groups,
  }
}

class Emitter {
  readonly ops: number[] = []
  readonly a: number[] = []
  readonly b: number[] = []
  readonly depths: number[] = []
  readonly sets: CharacterSet[] = []
  readonly places: Place[] = []
  readonly #setIndexes = new Map<CharacterSet, number>()
  #depth = 0

  /** @returns the address of the instruction */
  add(op: number, a = 0, b = 0): number {
    if (this.ops.length >= PATTERN_STATES_MAX)
      throw new PatternError(`it needs more than ${PATTERN_STATES_MAX} states; write smaller counts`)
    this.ops.push(op)
    this.a.push(a)
    this.b.push(b)
    this.depths.push(this.#depth)
    return this.ops.length - 1
  }

  emit(node: PatternNode): void {
    switch (node.kind) {
      case 'one':
        this.add(OP.one, this.#setIndex(node.set))
        return
      case 'sequence':
        for (const item of node.items) this.emit(item)
        return
      case 'choice':
        this.#emitChoice(node.options)
        return
      case 'repeat':
        this.#emitRepeat(node)
        return
      case 'group':
        this.add(OP.save, node.index * 2)
        this.emit(node.item)
        this.add(OP.save, node.index * 2 + 1)
        return
      case 'place': {
        let index = this.places.indexOf(node.place)
        if (index < 0) index = this.places.push(node.place) - 1
        this.add(OP.place, index)
      }
    }
  }

  #setIndex(set: CharacterSet): number {
    let index = this.#setIndexes.get(set)
    if (index === undefined) {
      index = this.sets.push(set) - 1
      this.#setIndexes.set(set, index)
    }
    return index
  }

  #emitChoice(options: readonly PatternNode[]): void {
    const jumps: number[] = []
    options.forEach((option, index) => {
      if (index === options.length - 1) {
        this.emit(option)
        return
      }
      const split = this.add(OP.split)
      this.a[split] = this.ops.length
      this.emit(option)
      jumps.push(this.add(OP.jump))
      this.b[split] = this.ops.length
    })
    for (const jump of jumps) this.a[jump] = this.ops.length
  }

  #emitRepeat({ item, least, most, lazy }: Extract<PatternNode, { kind: 'repeat' }>): void {
    // Without a bound the last copy that must be there is also the one that is repeated.
    const copies = most === Infinity ? Math.max(1, least) : most
    const optional: number[] = []
    const checks: number[] = []
    const guarded = !(least === 0 && most === 1) && canBeEmpty(item)
    for (let copy = 0; copy < copies; copy++) {
      const top = this.ops.length
      if (copy >= least) optional.push(this.add(OP.split))
      const begin = this.ops.length
      if (guarded) checks.push(this.#round(item))
      else this.emit(item)
      if (most !== Infinity || copy < copies - 1) continue
      if (least === 0) this.add(OP.jump, top)
      else optional.push(this.#again(begin))
    }
    const end = this.ops.length
    for (const split of optional) {
      const inside = this.#againTargets.get(split) ?? split + 1
      this.a[split] = lazy ? end : inside
      this.b[split] = lazy ? inside : end
    }
    for (const check of checks) this.b[check] = end
  }

  readonly #againTargets = new Map<number, number>()

  /** A split at the end of a loop, whose inside is the beginning of the round. */
  #again(begin: number): number {
    const split = this.add(OP.split)
    this.#againTargets.set(split, begin)
    return split
  }

  /** A round that can be empty. @returns the address of its check */
  #round(item: PatternNode): number {
    if (++this.#depth > EMPTY_LOOPS_MAX)
      throw new PatternError(`it repeats what can be empty ${EMPTY_LOOPS_MAX} levels deep`)
    this.emit(item)
    const check = this.add(OP.check, this.#depth)
    this.#depth--
    return check
  }
}
