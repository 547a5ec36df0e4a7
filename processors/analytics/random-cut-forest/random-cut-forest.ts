/**
 * RANDOM_CUT_FOREST: how much each row of a stream stands out from the rows before it, as one number. Rows go in by
 * batches, and every tree takes a whole batch before the next tree does: trees know nothing of each other, so the
 * answer is that of row by row, and a tree stays in the processor's cache. Not for rows: what the operator around it
 * does with columns and types.
 */
import { assert } from '../../../core/assert.ts'
import type { StateReader } from '../../operators/state-reader.ts'
import type { StateWriter } from '../../operators/state-writer.ts'
import { SeededGenerator } from '../seeded-generator.ts'
import { DecayingSample, REFUSED } from './decaying-sample.ts'
import { type ForestParameters, forestParameters } from './parameters.ts'
import { RandomCutTree } from './random-cut-tree.ts'
import { Shingle } from './shingle.ts'

/** Numbers in the vectors that go through the trees at a time; 128 KB. */
const SLICE_NUMBERS = 16_384

export interface RandomCutForestOptions {
  /** what is left out has its default */
  readonly parameters?: Partial<ForestParameters>
  /** numeric columns of a row, 1 to 30 */
  readonly columns: number
  /** a whole number; the same seed and rows give the same scores */
  readonly seed: number
}

interface SampledTree {
  readonly tree: RandomCutTree
  readonly sample: DecayingSample
  readonly random: SeededGenerator
}

export class RandomCutForest {
  readonly parameters: ForestParameters
  readonly #columns: number
  readonly #shingle: Shingle
  readonly #trees: readonly SampledTree[]
  readonly #vectors: Float64Array
  readonly #sliceRows: number
  /** rows that came so far */
  #rows = 0

  /** @throws MillraceError `invalid_argument` or `state_limit`, see `forestParameters` */
  constructor(options: RandomCutForestOptions) {
    this.parameters = forestParameters(options.parameters ?? {}, options.columns)
    const { numberOfTrees, subSampleSize, timeDecay, shingleSize } = this.parameters
    this.#columns = options.columns
    this.#shingle = new Shingle(options.columns, shingleSize)
    const dimensions = options.columns * shingleSize
    this.#sliceRows = Math.max(1, Math.floor(SLICE_NUMBERS / dimensions))
    this.#vectors = new Float64Array(this.#sliceRows * dimensions)
    this.#trees = Array.from({ length: numberOfTrees }, (_, index) => {
      const random = new SeededGenerator(options.seed, index)
      return {
        random,
        tree: new RandomCutTree(subSampleSize, dimensions, random),
        sample: new DecayingSample(subSampleSize, timeDecay, random),
      }
    })
  }

  /**
   * Scores rows against what came before each, then learns from them.
   * @param values row after row, `columns` numbers each; NaN is NULL and counts as the mean of its column so far, and
   *   infinite ones count as NULL
   * @param count rows in `values`
   * @param scores takes one score a row: 0 for the first subSampleSize rows and until a shingle is full
   * @param parts takes, where given, two numbers for each column of each row: how much of the score came from values
   *   above those known (high) and below (low). They add up to the score but for rounding.
   */
  score(values: Float64Array, count: number, scores: Float64Array, parts: Float64Array | null = null): void {
    assert(values.length >= count * this.#columns, 'a forest gets as many numbers as it has rows times columns')
    scores.fill(0, 0, count)
    parts?.fill(0, 0, count * this.#columns * 2)
    for (let from = 0; from < count; from += this.#sliceRows)
      this.#scoreSlice(values, from, Math.min(count, from + this.#sliceRows), scores, parts)
  }

  /** Yields when the writer has a slice full. */
  *snapshot(writer: StateWriter): Generator<void> {
    writer.number(this.#rows)
    this.#shingle.write(writer)
    for (const { random, sample, tree } of this.#trees) {
      random.write(writer)
      sample.write(writer, yield* tree.write(writer))
    }
  }

  /** Reads what `snapshot` wrote, with the same parameters and columns. */
  restore(reader: StateReader): void {
    this.#rows = reader.number()
    this.#shingle.read(reader)
    for (const { random, sample, tree } of this.#trees) {
      random.read(reader)
      sample.read(reader, tree.read(reader))
    }
  }

  #scoreSlice(values: Float64Array, from: number, to: number, scores: Float64Array, parts: Float64Array | null): void {
    const { numberOfTrees, subSampleSize, shingleSize } = this.parameters
    const columns = this.#columns
    const dimensions = columns * shingleSize
    const vectors = this.#vectors
    for (let row = from; row < to; row++) this.#shingle.push(values, row * columns, vectors, (row - from) * dimensions)
    const vectorsFrom = Math.min(to, Math.max(from, from + shingleSize - 1 - this.#rows))
    const scoresFrom = Math.min(to, Math.max(vectorsFrom, from + subSampleSize - this.#rows))
    for (const { tree, sample } of this.#trees) {
      for (let row = vectorsFrom; row < to; row++) {
        const at = (row - from) * dimensions
        if (row >= scoresFrom)
          scores[row]! +=
            parts === null ? tree.score(vectors, at) : tree.attribute(vectors, at, parts, row * columns * 2, columns)
        const gone = sample.offer(this.#rows + row - from)
        if (gone === REFUSED) continue
        if (gone >= 0) tree.remove(gone)
        sample.take(tree.insert(vectors, at))
      }
    }
    for (let row = scoresFrom; row < to; row++) scores[row]! /= numberOfTrees
    if (parts !== null) for (let i = scoresFrom * columns * 2; i < to * columns * 2; i++) parts[i]! /= numberOfTrees
    this.#rows += to - from
  }
}
