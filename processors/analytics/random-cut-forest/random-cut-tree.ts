/**
 * One random cut tree (Guha, Mishra, Roy, Schrijvers: Robust Random Cut Forest Based Anomaly Detection On Streams, ICML
 * 2016): every inner node cuts the bounding box of its points in a dimension drawn in proportion to the side lengths, at
 * a uniform place. Points come and go in place, and the tree is distributed as if it had been drawn for its points anew.
 * Which points it holds is decided elsewhere (decaying-sample.ts).
 *
 * Nodes are numbers: inner nodes from 0, leaves from `#leavesFrom`. A leaf holds one point and how often it came. A
 * value equal to the cut lies left.
 */
import { assert } from '../../../core/assert.ts'
import { MillraceError } from '../../../core/errors.ts'
import type { StateReader } from '../../operators/state-reader.ts'
import type { StateWriter } from '../../operators/state-writer.ts'
import type { SeededGenerator } from '../seeded-generator.ts'

const NONE = -1

export class RandomCutTree {
  readonly #capacity: number
  readonly #dimensions: number
  readonly #random: SeededGenerator
  readonly #leavesFrom: number
  #root = NONE
  /** by node; points below it, duplicates counted */
  readonly #mass: Int32Array
  readonly #parent: Int32Array
  /** by inner node */
  readonly #left: Int32Array
  readonly #right: Int32Array
  readonly #cutDimension: Int32Array
  readonly #cut: Float64Array
  /** by inner node and dimension: least, greatest */
  readonly #boxes: Float64Array
  /** by leaf and dimension */
  readonly #points: Float64Array
  /** log2(mass + 1) by mass */
  readonly #log2: Float64Array
  readonly #freeInner: Int32Array
  readonly #freeLeaves: Int32Array
  #freeInnerCount = 0
  #freeLeafCount = 0

  /** @param capacity most points at a time, duplicates counted */
  constructor(capacity: number, dimensions: number, random: SeededGenerator) {
    this.#capacity = capacity
    this.#dimensions = dimensions
    this.#random = random
    this.#leavesFrom = capacity
    this.#mass = new Int32Array(capacity * 2)
    this.#parent = new Int32Array(capacity * 2)
    this.#left = new Int32Array(capacity)
    this.#right = new Int32Array(capacity)
    this.#cutDimension = new Int32Array(capacity)
    this.#cut = new Float64Array(capacity)
    this.#boxes = new Float64Array(capacity * dimensions * 2)
    this.#points = new Float64Array(capacity * dimensions)
    this.#log2 = Float64Array.from({ length: capacity + 1 }, (_, mass) => Math.log2(mass + 1))
    this.#freeInner = new Int32Array(capacity)
    this.#freeLeaves = new Int32Array(capacity)
    this.#clear()
  }

  /** Points in the tree, duplicates counted. */
  get mass(): number {
    return this.#root === NONE ? 0 : this.#mass[this.#root]!
  }

  /**
   * Puts a point into the tree: numbers `[at, at + dimensions)` of `points`, finite and at most 1e300 in magnitude.
   * @returns the leaf that holds it, for `remove`
   */
  insert(points: Float64Array, at: number): number {
    assert(this.mass < this.#capacity, 'a random cut tree holds no more points than its capacity')
    if (this.#root === NONE) {
      this.#root = this.#newLeaf(points, at)
      this.#parent[this.#root] = NONE
      return this.#root
    }
    let node = this.#root
    for (;;) {
      if (node >= this.#leavesFrom && this.#equals(node, points, at)) {
        this.#mass[node]!++
        return node
      }
      const leaf = this.#cutOff(node, points, at)
      if (leaf !== NONE) return leaf
      // The point ends up below this node.
      this.#mass[node]!++
      this.#extend(node, points, at)
      node = points[at + this.#cutDimension[node]!]! <= this.#cut[node]! ? this.#left[node]! : this.#right[node]!
    }
  }

  /** Takes one point out of the leaf that `insert` returned. */
  remove(leaf: number): void {
    assert(leaf >= this.#leavesFrom && this.#mass[leaf]! > 0, 'a point is removed once, from the leaf that holds it')
    this.#mass[leaf]!--
    let node = this.#parent[leaf]!
    if (this.#mass[leaf]! === 0) {
      this.#freeLeaves[this.#freeLeafCount++] = leaf
      if (node === NONE) {
        this.#root = NONE
        return
      }
      const sibling = this.#left[node] === leaf ? this.#right[node]! : this.#left[node]!
      const above = this.#parent[node]!
      this.#replaceChild(above, node, sibling)
      this.#freeInner[this.#freeInnerCount++] = node
      node = above
      // Boxes above shrink until one keeps its size.
      while (node !== NONE && this.#fitBox(node)) {
        this.#mass[node]!--
        node = this.#parent[node]!
      }
    }
    for (; node !== NONE; node = this.#parent[node]!) this.#mass[node]!--
  }

  /**
   * How little a point fits: the expected 1/(depth + 1) of the node that a random cut would make for it, scaled by
   * log2(mass + 1). About 1 for ordinary points, up to log2(mass + 1) for one far from all others; 0 in an empty tree.
   * A point that is in the tree counts its leaf as deeper by log2(times it came + 1), and less by its share of the tree.
   */
  score(points: Float64Array, at: number): number {
    let node = this.#root
    if (node === NONE) return 0
    const dimensions = this.#dimensions
    const boxes = this.#boxes
    let depth = 0
    let score = 0
    // Probability that no cut so far has separated the point.
    let together = 1
    while (node < this.#leavesFrom) {
      let outside = 0
      let box = node * dimensions * 2
      for (let i = 0; i < dimensions; i++, box += 2) {
        const value = points[at + i]!
        const least = boxes[box]!
        if (value < least) outside += least - value
        else {
          const greatest = boxes[box + 1]!
          if (value > greatest) outside += value - greatest
        }
      }
      depth++
      if (outside > 0) {
        const sides = this.#sides(node)
        const total = sides + outside
        score += (together * (outside / total)) / depth
        together *= sides / total
      }
      node = points[at + this.#cutDimension[node]!]! <= this.#cut[node]! ? this.#left[node]! : this.#right[node]!
    }
    score += together * this.#leafScore(node, depth, this.#equals(node, points, at))
    return score * this.#log2[this.mass]!
  }

  /**
   * The score with its parts by column: adds to `parts[2 * column]` what came from values above the box of a node (high)
   * and to `parts[2 * column + 1]` what came from values below (low). Dimension i belongs to column `i % columns`. The
   * score of a point that is in the tree has no direction and is shared out evenly.
   * @returns the sum of what was added, which is the score but for rounding
   */
  attribute(points: Float64Array, at: number, parts: Float64Array, partsAt: number, columns: number): number {
    let node = this.#root
    if (node === NONE) return 0
    const scale = this.#log2[this.mass]!
    let depth = 0
    let score = 0
    let together = 1
    while (node < this.#leavesFrom) {
      depth++
      const outside = this.#outside(node, points, at)
      if (outside > 0) {
        const sides = this.#sides(node)
        const total = sides + outside
        const share = (together / total / depth) * scale
        this.#shareOut(node, points, at, share, parts, partsAt, columns)
        score += share * outside
        together *= sides / total
      }
      node = points[at + this.#cutDimension[node]!]! <= this.#cut[node]! ? this.#left[node]! : this.#right[node]!
    }
    const equal = this.#equals(node, points, at)
    const rest = together * this.#leafScore(node, depth, equal) * scale
    if (equal) for (let i = 0; i < columns * 2; i++) parts[partsAt + i]! += rest / (columns * 2)
    else this.#shareOut(node, points, at, rest / this.#outside(node, points, at), parts, partsAt, columns)
    return score + rest
  }

  /**
   * Writes the points with their cuts, from the root down, left before right, and yields when the writer has a slice full.
   * @returns the numbers of the leaves in this order
   */
  *write(writer: StateWriter): Generator<void, Map<number, number>> {
    const order = new Map<number, number>()
    const waiting = this.#root === NONE ? [] : [this.#root]
    writer.count(this.#root === NONE ? 0 : 1)
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (node < this.#leavesFrom) {
        writer.count(this.#cutDimension[node]! + 1)
        writer.number(this.#cut[node]!)
        waiting.push(this.#right[node]!, this.#left[node]!)
      } else {
        writer.count(0)
        writer.count(this.#mass[node]!)
        const from = (node - this.#leavesFrom) * this.#dimensions
        for (let i = 0; i < this.#dimensions; i++) writer.number(this.#points[from + i]!)
        order.set(node, order.size)
      }
      if (writer.sliceFull) yield
    }
    return order
  }

  /** Reads what `write` wrote. @returns the leaves by the numbers that they had there */
  read(reader: StateReader): number[] {
    this.#clear()
    const leaves: number[] = []
    const inner: number[] = []
    const point = new Float64Array(this.#dimensions)
    let mass = 0
    // Inner nodes that still miss a child, the deepest last.
    const open: number[] = []
    let more = reader.count() === 1
    while (more) {
      const tag = reader.count()
      let node: number
      if (tag > 0) {
        if (tag > this.#dimensions || inner.length + 1 >= this.#capacity) throw unreadable()
        node = this.#freeInner[--this.#freeInnerCount]!
        this.#cutDimension[node] = tag - 1
        this.#cut[node] = reader.number()
        this.#left[node] = NONE
        this.#right[node] = NONE
        inner.push(node)
      } else {
        const times = reader.count()
        mass += times
        if (times === 0 || mass > this.#capacity) throw unreadable()
        for (let i = 0; i < this.#dimensions; i++) point[i] = reader.number()
        node = this.#newLeaf(point, 0)
        this.#mass[node] = times
        leaves.push(node)
      }
      const above = open.at(-1) ?? NONE
      this.#parent[node] = above
      if (above === NONE) this.#root = node
      else if (this.#left[above] === NONE) this.#left[above] = node
      else {
        this.#right[above] = node
        open.pop()
      }
      if (tag > 0) open.push(node)
      more = open.length > 0
    }
    for (const node of inner.toReversed()) {
      this.#fitBox(node)
      this.#mass[node] = this.#mass[this.#left[node]!]! + this.#mass[this.#right[node]!]!
    }
    return leaves
  }

  /** Checks every promise of the structure; for tests, because it walks the whole tree. @returns the points, sorted by leaf */
  verify(): number[][] {
    const points: number[][] = []
    const walk = (node: number, parent: number): number[][] => {
      assert(this.#parent[node] === parent, 'a node knows its parent')
      if (node >= this.#leavesFrom) {
        const from = (node - this.#leavesFrom) * this.#dimensions
        const point = [...this.#points.subarray(from, from + this.#dimensions)]
        assert(this.#mass[node]! > 0, 'a leaf holds a point')
        for (let i = 0; i < this.#mass[node]!; i++) points.push(point)
        return [point]
      }
      const [left, right] = [walk(this.#left[node]!, node), walk(this.#right[node]!, node)]
      const dimension = this.#cutDimension[node]!
      assert(
        left.every(point => point[dimension]! <= this.#cut[node]!),
        'points at or below the cut lie left',
      )
      assert(
        right.every(point => point[dimension]! > this.#cut[node]!),
        'points above the cut lie right',
      )
      const below = [...left, ...right]
      for (let i = 0; i < this.#dimensions; i++) {
        const values = below.map(point => point[i]!)
        const box = (node * this.#dimensions + i) * 2
        assert(this.#boxes[box] === Math.min(...values), 'a box begins at the least value of its points')
        assert(this.#boxes[box + 1] === Math.max(...values), 'a box ends at the greatest value of its points')
      }
      const mass = this.#mass[this.#left[node]!]! + this.#mass[this.#right[node]!]!
      assert(this.#mass[node] === mass, 'the masses of two children add up to that of their parent')
      return below
    }
    if (this.#root !== NONE) {
      const leaves = walk(this.#root, NONE).length
      assert(leaves + this.#freeLeafCount === this.#capacity, 'a leaf is in the tree or free')
      assert(leaves - 1 + this.#freeInnerCount === this.#capacity, 'an inner node is in the tree or free')
    }
    return points
  }

  #clear(): void {
    this.#root = NONE
    this.#freeInnerCount = this.#capacity
    this.#freeLeafCount = this.#capacity
    for (let i = 0; i < this.#capacity; i++) {
      this.#freeInner[i] = this.#capacity - 1 - i
      this.#freeLeaves[i] = this.#leavesFrom + this.#capacity - 1 - i
    }
  }

  #newLeaf(points: Float64Array, at: number): number {
    const leaf = this.#freeLeaves[--this.#freeLeafCount]!
    const to = (leaf - this.#leavesFrom) * this.#dimensions
    for (let i = 0; i < this.#dimensions; i++) this.#points[to + i] = points[at + i]!
    this.#mass[leaf] = 1
    return leaf
  }

  #least(node: number, dimension: number): number {
    return node < this.#leavesFrom
      ? this.#boxes[(node * this.#dimensions + dimension) * 2]!
      : this.#points[(node - this.#leavesFrom) * this.#dimensions + dimension]!
  }

  #greatest(node: number, dimension: number): number {
    return node < this.#leavesFrom
      ? this.#boxes[(node * this.#dimensions + dimension) * 2 + 1]!
      : this.#points[(node - this.#leavesFrom) * this.#dimensions + dimension]!
  }

  #equals(leaf: number, points: Float64Array, at: number): boolean {
    const from = (leaf - this.#leavesFrom) * this.#dimensions
    for (let i = 0; i < this.#dimensions; i++) if (this.#points[from + i] !== points[at + i]) return false
    return true
  }

  /** Draws a cut of the box that holds the node and the point; where it parts them, the point becomes a leaf here. */
  #cutOff(node: number, points: Float64Array, at: number): number {
    let total = 0
    let outside = 0
    for (let i = 0; i < this.#dimensions; i++) {
      const value = points[at + i]!
      const [least, greatest] = [this.#least(node, i), this.#greatest(node, i)]
      outside += Math.max(0, least - value, value - greatest)
      total += Math.max(greatest, value) - Math.min(least, value)
    }
    if (outside === 0) return NONE
    for (;;) {
      let place = this.#random.next() * total
      for (let i = 0; i < this.#dimensions; i++) {
        const value = points[at + i]!
        const [least, greatest] = [this.#least(node, i), this.#greatest(node, i)]
        const from = Math.min(least, value)
        const to = Math.max(greatest, value)
        if (place >= to - from) {
          place -= to - from
          continue
        }
        // Rounding may put the cut on the far end, where nothing would be above it.
        const cut = from + place < to ? from + place : from
        if (cut >= least && cut < greatest) return NONE
        return this.#split(node, points, at, i, cut)
      }
      // Rounding used up the sides; that draw does not count.
    }
  }

  #split(node: number, points: Float64Array, at: number, dimension: number, cut: number): number {
    const leaf = this.#newLeaf(points, at)
    const inner = this.#freeInner[--this.#freeInnerCount]!
    this.#cutDimension[inner] = dimension
    this.#cut[inner] = cut
    const pointIsLeft = points[at + dimension]! <= cut
    this.#left[inner] = pointIsLeft ? leaf : node
    this.#right[inner] = pointIsLeft ? node : leaf
    this.#mass[inner] = this.#mass[node]! + 1
    this.#replaceChild(this.#parent[node]!, node, inner)
    this.#parent[node] = inner
    this.#parent[leaf] = inner
    this.#fitBox(inner)
    return leaf
  }

  #replaceChild(parent: number, from: number, to: number): void {
    this.#parent[to] = parent
    if (parent === NONE) this.#root = to
    else if (this.#left[parent] === from) this.#left[parent] = to
    else this.#right[parent] = to
  }

  #extend(node: number, points: Float64Array, at: number): void {
    let box = node * this.#dimensions * 2
    for (let i = 0; i < this.#dimensions; i++, box += 2) {
      const value = points[at + i]!
      if (value < this.#boxes[box]!) this.#boxes[box] = value
      if (value > this.#boxes[box + 1]!) this.#boxes[box + 1] = value
    }
  }

  /** Draws the box of an inner node around its children. @returns true when it changed */
  #fitBox(node: number): boolean {
    const [left, right] = [this.#left[node]!, this.#right[node]!]
    let changed = false
    let box = node * this.#dimensions * 2
    for (let i = 0; i < this.#dimensions; i++, box += 2) {
      const least = Math.min(this.#least(left, i), this.#least(right, i))
      const greatest = Math.max(this.#greatest(left, i), this.#greatest(right, i))
      if (this.#boxes[box] !== least || this.#boxes[box + 1] !== greatest) changed = true
      this.#boxes[box] = least
      this.#boxes[box + 1] = greatest
    }
    return changed
  }

  /** The side lengths of an inner node's box, added up. */
  #sides(node: number): number {
    let sides = 0
    let box = node * this.#dimensions * 2
    for (let i = 0; i < this.#dimensions; i++, box += 2) sides += this.#boxes[box + 1]! - this.#boxes[box]!
    return sides
  }

  /** How far a point lies outside a node's box, added up over the dimensions. */
  #outside(node: number, points: Float64Array, at: number): number {
    let outside = 0
    for (let i = 0; i < this.#dimensions; i++) {
      const value = points[at + i]!
      outside += Math.max(0, this.#least(node, i) - value, value - this.#greatest(node, i))
    }
    return outside
  }

  #shareOut(
    node: number,
    points: Float64Array,
    at: number,
    share: number,
    parts: Float64Array,
    partsAt: number,
    columns: number,
  ): void {
    for (let i = 0; i < this.#dimensions; i++) {
      const value = points[at + i]!
      const part = partsAt + (i % columns) * 2
      const above = value - this.#greatest(node, i)
      const below = this.#least(node, i) - value
      if (above > 0) parts[part]! += share * above
      else if (below > 0) parts[part + 1]! += share * below
    }
  }

  #leafScore(leaf: number, depth: number, equal: boolean): number {
    if (!equal) return 1 / (depth + 1)
    const mass = this.#mass[leaf]!
    return (1 - mass / (2 * this.mass)) / (depth + this.#log2[mass]!)
  }
}

function unreadable(): MillraceError {
  return new MillraceError(
    'unreadable_input',
    'snapshot of a random cut tree does not fit its parameters; start the application without it',
  )
}
