/** The tables behind groups, against maps of texts: numbers of keys, sets of pairs, distinct values, and result columns. */
import { describe, expect, test } from 'vitest'
import { Dictionary } from '../../../core/dictionary.ts'
import { type ColumnVector, ROWS_PER_BATCH_MAX, typedValueAt, type Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import { everyRow } from '../../../processors/expressions/selection.ts'
import { vectorWriter } from '../../../processors/expressions/vectors.ts'
import { accumulatorOf } from '../../../processors/operators/accumulators.ts'
import { KeyNumbers } from '../../../processors/operators/key-numbers.ts'
import { PairSet } from '../../../processors/operators/pair-set.ts'
import { ResultBuilder } from '../../../processors/operators/result-builder.ts'
import { StateReader } from '../../../processors/operators/state-reader.ts'
import { StateWriter } from '../../../processors/operators/state-writer.ts'
import { randomOf } from '../../core/scanner-support.ts'

const TEXT: SqlType = { kind: 'VARCHAR', length: 30 }
const INTEGER: SqlType = { kind: 'INTEGER' }
const BIGINT: SqlType = { kind: 'BIGINT' }
const BYTES: SqlType = { kind: 'VARBINARY', length: 8 }

type Random = (below: number) => number

/** A column of some layout for the values; texts come in dictionaries of several generations, or as spans. */
function columnOf(values: readonly Value[], type: SqlType, random: Random, generations: Dictionary[]): ColumnVector {
  if (type.kind !== 'VARCHAR') {
    const writer = vectorWriter(
      type.kind === 'BIGINT' ? 'bigint' : type.kind === 'VARBINARY' ? 'binary' : 'number',
      values.length,
    )
    values.forEach((value, row) => writer.set(row, value))
    return writer.finish()
  }
  if (random(4) === 0) {
    const bytes = vectorWriter('binary', values.length)
    values.forEach((value, row) => bytes.set(row, value === null ? null : Buffer.from(value as string)))
    return bytes.finish()
  }
  if (generations.length === 0 || random(6) === 0) generations.push(new Dictionary())
  const dictionary = generations[random(generations.length)]!
  const ids = Int32Array.from(values, value => (value === null ? 0 : dictionary.idOf(value as string)))
  return { layout: 'dictionary', ids, dictionary }
}

function valueOf(type: SqlType, random: Random, range: number): Value {
  if (random(9) === 0) return null
  const n = random(range)
  if (type.kind === 'VARCHAR') return `é${n}`
  if (type.kind === 'BIGINT') return BigInt(n) * 3_000_000_000n
  return type.kind === 'VARBINARY' ? Buffer.from([n & 255, n >> 8]) : n - 5
}

const shown = (values: readonly Value[]) =>
  values.map(value => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value))).join('|')

describe('numbers of keys', () => {
  test.each([
    ['one text', [TEXT], 3_000],
    ['one number', [INTEGER], 700],
    ['few combinations', [TEXT, TEXT], 12],
    ['few that become many', [TEXT, INTEGER], 900],
    ['three', [TEXT, BIGINT, INTEGER], 40],
    ['bytes among them', [BYTES, TEXT], 300],
    ['six', [TEXT, TEXT, TEXT, TEXT, INTEGER, BIGINT], 3],
    ['none', [], 1],
  ] as const)('%s: those of a map, in the order of their coming', (_name, types, range) => {
    const random = randomOf(range)
    const numbers = new KeyNumbers(types)
    const generations: Dictionary[] = []
    let truth = new Map<string, number>()
    for (let round = 0; round < 24; round++) {
      const length = 1 + random(ROWS_PER_BATCH_MAX)
      // Early rounds see few values, so that tables have to grow.
      const seen = Math.max(1, Math.min(range, (round + 1) * 9))
      const rows = Array.from({ length }, () => types.map(type => valueOf(type, random, seen)))
      const columns = types.map((type, k) =>
        columnOf(
          rows.map(row => row[k]!),
          type,
          random,
          generations,
        ),
      )
      const into = new Int32Array(length)
      numbers.read(columns, everyRow(length).rows, 0, length, into)
      for (const [i, row] of rows.entries()) {
        const key = shown(row)
        if (!truth.has(key)) truth.set(key, truth.size)
        if (into[i] !== truth.get(key)) throw new Error(`round ${round}, ${key}: ${into[i]}, not ${truth.get(key)}`)
      }
      expect(numbers.size).toBe(truth.size)
      const other = new KeyNumbers(types)
      const moved = new Int32Array(ROWS_PER_BATCH_MAX)
      const few = Math.min(ROWS_PER_BATCH_MAX, numbers.size)
      other.readFrom(numbers, 0, few, moved)
      expect([...moved.subarray(0, few)]).toEqual([...everyRow(few).rows.subarray(0, few)])
      const last = numbers.size - 1
      if (last < few) expect(shown(other.valuesOf(last))).toBe(shown(numbers.valuesOf(last)))
      expect(numbers.numberOf(numbers.valuesOf(last))).toBe(last)
      if (random(5) === 0) {
        numbers.clear()
        truth = new Map()
        expect([numbers.size, numbers.bytes]).toEqual([0, 0])
      }
    }
  })
})

test('a set of pairs is a set, packed or not, before and after it was cleared', () => {
  const random = randomOf(3)
  const set = new PairSet()
  for (const [leftEnd, rightEnd] of [
    [5, 9],
    [300, 70_000],
    [40_000, 40_000],
    [3, 2_000_000],
    [9, 9],
  ] as const) {
    const truth = new Set<string>()
    const pairs: string[] = []
    for (let round = 0; round < 12; round++) {
      const length = 1 + random(ROWS_PER_BATCH_MAX)
      const lefts = Int32Array.from({ length }, () => random(leftEnd))
      const rights = Int32Array.from({ length }, () => random(rightEnd))
      const fresh = new Int32Array(length)
      const added = set.add(lefts, rights, length, leftEnd, rightEnd, fresh)
      const expected: number[] = []
      for (let i = 0; i < length; i++) {
        const pair = `${lefts[i]},${rights[i]}`
        if (truth.has(pair)) continue
        truth.add(pair)
        pairs.push(pair)
        expected.push(i)
      }
      expect([...fresh.subarray(0, added)]).toEqual(expected)
    }
    expect(set.size).toBe(truth.size)
    expect(pairs).toEqual(Array.from({ length: set.size }, (_, i) => `${set.lefts[i]},${set.rights[i]}`))
    set.clear()
    expect(set.size).toBe(0)
  }
})

test.each([
  ['COUNT', TEXT, BIGINT],
  ['COUNT', BYTES, BIGINT],
  ['SUM', INTEGER, BIGINT],
  ['COUNT', BIGINT, BIGINT],
] as const)('%s of distinct %j is that of sets, merged and restored too', (name, argument, type) => {
  const random = randomOf(11)
  const generations: Dictionary[] = []
  const make = () => accumulatorOf(name, argument, type, true)
  const parts = [make(), make()]
  const truth = [0, 1].map(() => Array.from({ length: 20 }, () => new Map<string, Value>()))
  for (let round = 0; round < 30; round++) {
    const which = random(2)
    const length = 1 + random(ROWS_PER_BATCH_MAX)
    const values = Array.from({ length }, () => valueOf(argument, random, 400))
    const slots = Int32Array.from({ length }, () => random(20))
    parts[which]!.reserve(20)
    parts[which]!.add(slots, columnOf(values, argument, random, generations), everyRow(length).rows, 0, length)
    values.forEach((value, i) => {
      if (value !== null) truth[which]![slots[i]!]!.set(shown([value]), value)
    })
  }
  const restored = make()
  const writer = new StateWriter()
  for (let slot = 0; slot < 20; slot++) parts[0]!.write(writer, slot)
  const reader = new StateReader(writer.take())
  restored.reserve(20)
  for (let slot = 0; slot < 20; slot++) restored.read(reader, slot)
  for (let slot = 0; slot < 20; slot++) restored.merge(slot, parts[1]!, slot)
  for (let slot = 0; slot < 20; slot++) {
    const both = new Map([...truth[0]![slot]!, ...truth[1]![slot]!])
    const expected =
      name === 'COUNT' ? both.size : [...both.values()].reduce((sum: number, value) => sum + Number(value), 0)
    expect(Number(restored.result(slot))).toBe(expected)
  }
})

test('texts of several dictionaries and plain ones make one result column, whatever comes first', () => {
  const random = randomOf(5)
  const builder = new ResultBuilder({ columns: [{ name: 'T', type: TEXT, nullable: true }] })
  const dictionaries = [new Dictionary(), new Dictionary(), new Dictionary()]
  const [column] = builder.columns
  if (column?.kind !== 'text') throw new Error('not a text column')
  for (let round = 0; round < 50; round++) {
    const expected: Value[] = []
    while (builder.room > 0 && random(40) > 0) {
      const count = Math.min(builder.room, 1 + random(60))
      const values = Array.from({ length: count }, () => valueOf(TEXT, random, 50))
      if (random(3) === 0) values.forEach((value, i) => column.set(builder.length + i, value))
      else {
        const dictionary = dictionaries[random(3)]!
        const ids = Int32Array.from(values, value => (value === null ? 0 : dictionary.idOf(value as string)))
        column.write(ids, dictionary, everyRow(count).rows, 0, count, builder.length)
      }
      builder.keep(round, count)
      expected.push(...values)
    }
    const rows = builder.take()
    expect(rows.length).toBe(expected.length)
    expect(Array.from({ length: rows.length }, (_, row) => typedValueAt(rows.columns[0]!, TEXT, row))).toEqual(expected)
  }
})
