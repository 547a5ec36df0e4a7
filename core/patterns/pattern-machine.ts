/**
 * Runs a program over a text with all of its threads side by side, best first, so that each character is read once. The
 * work is at most characters times states (times the depth of loops over something empty), whatever the pattern.
 */
import { PatternTooCostly } from './pattern-error.ts'
import { placesAt } from './pattern-places.ts'
import { OP, type PatternProgram } from './pattern-program.ts'

/** Threads that wait to read, best first, with what each has captured. */
interface Threads {
  readonly addresses: Int32Array
  readonly slots: Int32Array
  length: number
}

/** A thread to follow, or (address below 0) a slot to put back once what came after it was followed. */
const RESTORE = -1

export class PatternMachine {
  /** instructions followed since the machine was made: the measure of its work */
  steps = 0
  /** how many more a run may take */
  stepsLeft = Infinity
  readonly #program: PatternProgram
  readonly #slotCount: number
  /** the mark of the last place at which each state was followed */
  readonly #marks: Float64Array
  #mark = 0
  #current: Threads
  #next: Threads
  readonly #stack: number[] = []
  readonly #slots: Int32Array
  /** 1 for code points below 256 that a match can begin with; null where it can be empty */
  readonly #firsts: Uint8Array | null

  constructor(program: PatternProgram) {
    this.#program = program
    this.#slotCount = (program.groups + 1) * 2
    this.#marks = new Float64Array(program.addresses.length)
    const waiting = program.ops.filter(op => op === OP.one || op === OP.match).length
    const threads = (): Threads => ({
      addresses: new Int32Array(waiting),
      slots: new Int32Array(waiting * this.#slotCount),
      length: 0,
    })
    this.#current = threads()
    this.#next = threads()
    this.#slots = new Int32Array(this.#slotCount)
    this.#firsts = firstsOf(program)
  }

  /**
   * `find`: the best match at the first place from `from` that has one. `whole`: the best match that begins at `from` and
   * ends where the text ends. `shortest`: the match that begins at `from` and ends first.
   * @throws PatternTooCostly when it takes more than `stepsLeft`
   * @returns UTF-16 offsets `[start, end)` of the match, then of each group; -1 for a group that took no part
   */
  run(text: string, from: number, mode: 'find' | 'whole' | 'shortest'): readonly number[] | null {
    const anchored = mode !== 'find'
    const { ops, a, depths, sets } = this.#program
    const width = this.#slotCount
    const limit = this.steps + this.stepsLeft
    const began = this.steps
    let found: readonly number[] | null = null
    this.#current.length = 0
    this.#mark++
    for (let at = from; ; ) {
      const point = at < text.length ? text.codePointAt(at)! : -1
      const size = point > 0xffff ? 2 : 1
      if (found === null && (at === from || !anchored)) {
        // Nothing waits and nothing can begin here: look further.
        if (!anchored && this.#current.length === 0 && this.#firsts !== null) {
          if (point < 0) return null
          if (point < 256 && this.#firsts[point] === 0) {
            at += size
            continue
          }
        }
        // A later beginning has the lowest priority.
        this.#slots.fill(-1)
        this.#follow(0, 0, at, text, this.#current)
      }
      const { addresses, slots, length } = this.#current
      if (mode === 'shortest' && length > 0) {
        const done = addresses.subarray(0, length).findIndex(address => ops[address] === OP.match)
        if (done >= 0) return Array.from(slots.subarray(done * width, (done + 1) * width))
      }
      if (length === 0 && (found !== null || anchored)) break
      if (this.steps > limit) throw new PatternTooCostly()
      this.#mark++
      const next = this.#next
      next.length = 0
      for (let i = 0; i < length; i++) {
        const address = addresses[i]!
        this.steps++
        if (ops[address] === OP.match) {
          if (mode === 'whole' && point >= 0) continue
          found = Array.from(slots.subarray(i * width, (i + 1) * width))
          // Threads behind this one have lower priority.
          break
        }
        if (point < 0 || !sets[a[address]!]!.has(point)) continue
        this.#slots.set(slots.subarray(i * width, (i + 1) * width))
        this.#follow(address + 1, depths[address]!, at + size, text, next)
      }
      this.#next = this.#current
      this.#current = next
      if (point < 0) break
      at += size
    }
    this.stepsLeft -= this.steps - began
    return found
  }

  /** Adds what a thread reaches without reading, best first; each instruction once for each level and place. */
  #follow(first: number, firstLevel: number, at: number, text: string, into: Threads): void {
    const { ops, a, b, places, states } = this.#program
    const stack = this.#stack
    const marks = this.#marks
    const slots = this.#slots
    let held = -1
    stack.push(firstLevel, first)
    while (stack.length > 0) {
      let address = stack.pop()!
      let level = stack.pop()!
      if (address < 0) {
        slots[RESTORE - address] = level
        continue
      }
      for (;;) {
        const state = states[address]! + level
        if (marks[state] === this.#mark) break
        marks[state] = this.#mark
        this.steps++
        const op = ops[address]!
        if (op === OP.split) {
          stack.push(level, b[address]!)
          address = a[address]!
        } else if (op === OP.jump) {
          address = a[address]!
        } else if (op === OP.save) {
          const slot = a[address]!
          stack.push(slots[slot]!, RESTORE - slot)
          slots[slot] = at
          address++
        } else if (op === OP.place) {
          if (held < 0) held = placesAt(places, text, at)
          if ((held & (1 << a[address]!)) === 0) break
          address++
        } else if (op === OP.check) {
          const depth = a[address]!
          if (level >= depth) {
            level = depth - 1
            address++
          } else address = b[address]!
        } else {
          // Whatever its level, a thread that waits has read something in all of its loops once it goes on.
          if (this.#isWaiting(address)) break
          into.addresses[into.length] = address
          into.slots.set(slots, into.length * slots.length)
          into.length++
          break
        }
      }
    }
  }

  /** True where the instruction was reached at this place already, at another level. */
  #isWaiting(address: number): boolean {
    const base = this.#program.states[address]!
    let reached = 0
    for (let level = this.#program.depths[address]!; level >= 0; level--)
      if (this.#marks[base + level] === this.#mark) reached++
    return reached > 1
  }
}

/** What a match can begin with; null where it can read nothing. */
function firstsOf({ ops, a, b, sets }: PatternProgram): Uint8Array | null {
  const firsts = new Uint8Array(256)
  const seen = new Uint8Array(ops.length)
  const stack = [0]
  for (let address = stack.pop(); address !== undefined; address = stack.pop()) {
    if (seen[address] === 1) continue
    seen[address] = 1
    switch (ops[address]) {
      case OP.one: {
        const { table } = sets[a[address]!]!
        for (let point = 0; point < 256; point++) if (table[point] === 1) firsts[point] = 1
        break
      }
      case OP.split:
        stack.push(a[address]!, b[address]!)
        break
      case OP.jump:
        stack.push(a[address]!)
        break
      case OP.check:
        stack.push(address + 1, b[address]!)
        break
      case OP.match:
        return null
      default:
        stack.push(address + 1)
    }
  }
  return firsts
}
