/**
 * HOTSPOTS: whether a row lies in a crowded place among the last rows. Two points are neighbours when their distance is
 * at most the scan radius; a hotspot is a set of at least so many points that are linked by neighbours (the clusters of
 * DBSCAN whose every point is a core point). Near a row are the hotspots that it is linked with: one or none.
 */
import { MillraceError } from '../../core/errors.ts'
import type { StateReader } from '../operators/state-reader.ts'
import type { StateWriter } from '../operators/state-writer.ts'
import { wholeArgument } from './arguments.ts'

export interface HotspotsParameters {
  /** 100 to 1,000; rows that are looked at, the current one included */
  readonly windowSize: number
  /** above 0; distance at which points are neighbours, included */
  readonly scanRadius: number
  /** 2 to windowSize */
  readonly minimumNumberOfPointsInAHotspot: number
}

export interface Hotspot {
  /** points divided by the product of the box's side lengths; a side of no length counts as the scan radius */
  readonly density: number
  /** by column */
  readonly minValues: readonly number[]
  readonly maxValues: readonly number[]
}

/** Numeric columns of a row. */
export const HOTSPOTS_COLUMNS_MAX = 30

export const HOTSPOTS = 'HOTSPOTS'

/**
 * Parameters within their ranges.
 * @param columns numeric columns of the cursor, 1 to 30
 * @throws MillraceError `invalid_argument`
 */
export function hotspotsParameters(parameters: HotspotsParameters, columns: number): HotspotsParameters {
  const { scanRadius, minimumNumberOfPointsInAHotspot } = parameters
  const windowSize = wholeArgument(`windowSize of ${HOTSPOTS}`, parameters.windowSize, 100, 1_000)
  if (!(scanRadius > 0 && scanRadius < Infinity))
    throw new MillraceError(
      'invalid_argument',
      `scanRadius of ${HOTSPOTS} is ${scanRadius}; give a number above 0, a usual distance between neighbours in a hotspot`,
    )
  const least = `minimumNumberOfPointsInAHotspot of ${HOTSPOTS}`
  wholeArgument(least, minimumNumberOfPointsInAHotspot, 2, windowSize)
  if (columns < 1 || columns > HOTSPOTS_COLUMNS_MAX)
    throw new MillraceError(
      'invalid_argument',
      `${HOTSPOTS} got ${columns} numeric columns; select from 1 to ${HOTSPOTS_COLUMNS_MAX} columns of TINYINT, SMALLINT, INTEGER, BIGINT, REAL, FLOAT or DOUBLE`,
    )
  return parameters
}

export class Hotspots {
  readonly #parameters: HotspotsParameters
  readonly #columns: number
  /** a ring of points */
  readonly #points: Float64Array
  #count = 0
  #next = 0
  /** which points of the ring are neighbours: a row of bits for each */
  readonly #neighbours: Int32Array
  /** 32-bit words in a row of bits */
  readonly #words: number
  readonly #unlinked: Int32Array
  readonly #linked: Int32Array

  /** @throws MillraceError `invalid_argument`, see `hotspotsParameters` */
  constructor(parameters: HotspotsParameters, columns: number) {
    const { windowSize } = hotspotsParameters(parameters, columns)
    this.#parameters = parameters
    this.#columns = columns
    this.#points = new Float64Array(windowSize * columns)
    this.#words = Math.ceil(windowSize / 32)
    this.#neighbours = new Int32Array(windowSize * this.#words)
    this.#unlinked = new Int32Array(this.#words)
    this.#linked = new Int32Array(windowSize)
  }

  /**
   * Takes a row, `columns` numbers from `at` on, and finds the hotspots near it. A row with a NULL (NaN) is no point: it
   * has none, and is none for later rows.
   */
  push(values: Float64Array, at: number): Hotspot[] {
    const columns = this.#columns
    for (let i = 0; i < columns; i++) if (!Number.isFinite(values[at + i]!)) return []
    const current = this.#next
    for (let i = 0; i < columns; i++) this.#points[current * columns + i] = values[at + i]!
    this.#next = (current + 1) % this.#parameters.windowSize
    this.#count = Math.min(this.#count + 1, this.#parameters.windowSize)
    this.#findNeighbours(current, this.#count)
    const size = this.#link(current)
    return size >= this.#parameters.minimumNumberOfPointsInAHotspot ? [this.#box(size)] : []
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.count(this.#count)
    writer.count(this.#next)
    for (let i = 0; i < this.#count * this.#columns; i++) {
      writer.number(this.#points[i]!)
      if (writer.sliceFull) yield
    }
  }

  restore(reader: StateReader): void {
    this.#count = reader.count()
    this.#next = reader.count()
    const { windowSize } = this.#parameters
    if (this.#count > windowSize || this.#next >= windowSize)
      throw new MillraceError(
        'unreadable_input',
        `snapshot of HOTSPOTS holds ${this.#count} rows, more than its window; start the application without it`,
      )
    for (let i = 0; i < this.#count * this.#columns; i++) this.#points[i] = reader.number()
    for (let point = 0; point < this.#count; point++) this.#findNeighbours(point, point + 1)
  }

  /** Compares a point that is new in its place with those below `count`. */
  #findNeighbours(point: number, count: number): void {
    const bits = this.#neighbours
    const row = point * this.#words
    bits.fill(0, row, row + this.#words)
    const [word, bit] = [point >> 5, 1 << (point & 31)]
    for (let other = 0; other < count; other++) {
      const place = other * this.#words + word
      if (this.#near(point, other)) {
        bits[row + (other >> 5)]! |= 1 << (other & 31)
        bits[place]! |= bit
      } else bits[place]! &= ~bit
    }
  }

  /** Collects the points that are linked with one. @returns how many, itself included */
  #link(start: number): number {
    const [linked, unlinked, neighbours] = [this.#linked, this.#unlinked, this.#neighbours]
    unlinked.fill(-1)
    unlinked[start >> 5]! &= ~(1 << (start & 31))
    linked[0] = start
    let size = 1
    for (let i = 0; i < size && size < this.#count; i++) {
      const row = linked[i]! * this.#words
      for (let word = 0; word < this.#words; word++) {
        let found = neighbours[row + word]! & unlinked[word]!
        unlinked[word]! &= ~found
        for (; found !== 0; found &= found - 1) linked[size++] = word * 32 + 31 - Math.clz32(found & -found)
      }
    }
    return size
  }

  #near(a: number, b: number): boolean {
    const columns = this.#columns
    const radius = this.#parameters.scanRadius
    let squares = 0
    for (let i = 0; i < columns; i++) {
      // In units of the radius, so that squares neither vanish nor overflow.
      const distance = (this.#points[a * columns + i]! - this.#points[b * columns + i]!) / radius
      squares += distance * distance
    }
    return squares <= 1
  }

  #box(size: number): Hotspot {
    const minValues: number[] = []
    const maxValues: number[] = []
    let density = size
    for (let i = 0; i < this.#columns; i++) {
      let [least, greatest] = [Infinity, -Infinity]
      for (let j = 0; j < size; j++) {
        const value = this.#points[this.#linked[j]! * this.#columns + i]!
        if (value < least) least = value
        if (value > greatest) greatest = value
      }
      minValues.push(least)
      maxValues.push(greatest)
      density /= greatest - least || this.#parameters.scanRadius
    }
    // JSON has no infinity.
    return { density: Math.min(density, Number.MAX_VALUE), minValues, maxValues }
  }
}

/** HOTSPOTS_RESULT: `{"hotspots":[{"density":52.1,"minValues":[2,6.9],"maxValues":[3.1,8]}]}`. */
export function hotspotsText(hotspots: readonly Hotspot[]): string {
  return JSON.stringify({ hotspots })
}
