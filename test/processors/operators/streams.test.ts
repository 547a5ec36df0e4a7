/** Fan-out, merges, unions, re-timed rows, errors with positions, snapshots of another program. */
import { expect, test } from 'vitest'
import { RecordBatchBuilder } from '../../../core/record.ts'
import { RowBuilder } from '../../../core/row-builder.ts'
import type { RowBatch, Value } from '../../../core/rows.ts'
import { compileProgram } from '../../../processors/compile.ts'
import type { Expression } from '../../../processors/sql/expression.ts'
import { arithmetic, batchOf, column, ErrorList, HOST, literal, PLACE, schemaOf } from '../expressions/builders.ts'
import { program, pump, restored, rowsText, run, scan } from './programs.ts'

const IN = schemaOf({ v: 'INTEGER', t: 'TIMESTAMP' })
const V = column(IN, 'v')
const OUT = schemaOf({ v: 'INTEGER' })
const input = { name: 'IN', schema: IN, origin: 'input' as const }
const other = { name: 'OTHER', schema: IN, origin: 'input' as const }
const out = { name: 'OUT', schema: OUT, origin: 'program' as const }
const rows = (times: readonly number[], ...values: readonly number[]): RowBatch =>
  batchOf(
    IN,
    times.map((time, i): Value[] => [values[i] ?? i, time]),
    times,
  )

test('two inputs merge by rowtime, the pump that stands first in the program first on ties', () => {
  const plan = program(
    [input, other, out],
    [pump('A', 'OUT', scan('IN', IN), { values: [V] }), pump('B', 'OUT', scan('OTHER', IN), { values: [V] })],
  )
  const a = { stream: 'IN', rows: rows([1, 2, 2, 5], 10, 11, 12, 13) }
  const b = { stream: 'OTHER', rows: rows([0, 2, 3, 5], 20, 21, 22, 23) }
  const expected = ['0|20', '1|10', '2|11', '2|12', '2|21', '3|22', '5|13', '5|23']
  for (const cut of [1, 2, 4])
    for (const order of [
      [a, b],
      [b, a],
    ])
      expect(run(plan, order, ['OUT'], { cut }).results.OUT).toEqual(expected)
})

test('a merge holds rows until the other input is past them, and forgets none over a restart', () => {
  const plan = program(
    [input, other, out],
    [pump('A', 'OUT', scan('IN', IN), { values: [V] }), pump('B', 'OUT', scan('OTHER', IN), { values: [V] })],
  )
  const compile = () => compileProgram(plan, { ...HOST, errors: new ErrorList(), outputs: ['OUT'] })
  const first = compile()
  first.push('IN', rows([1, 2, 5], 10, 11, 12))
  first.push('OTHER', rows([2], 20))
  const taken = (running: typeof first): string[] => {
    const texts: string[] = []
    while (running.work()) texts.push(...running.takeResults().flatMap(result => rowsText(result.rows)))
    return texts
  }
  expect(taken(first)).toEqual(['1|10'])
  const second = restored(first, compile())
  second.advance(5)
  expect(taken(second)).toEqual(['2|11', '2|20'])
  second.advance(6)
  expect(taken(second)).toEqual(['5|12'])
})

test('every reader of a stream sees every row, and a stopped pump none', () => {
  const plan = program(
    [input, out, { ...out, name: 'TWO' }, { ...out, name: 'NONE' }],
    [
      pump('A', 'OUT', scan('IN', IN), { values: [V] }),
      pump('B', 'TWO', scan('OUT', OUT)),
      pump('C', 'NONE', scan('OUT', OUT), { running: false }),
    ],
  )
  const { results } = run(plan, [{ stream: 'IN', rows: rows([1, 2]) }], ['OUT', 'TWO', 'NONE'])
  expect(results).toEqual({ OUT: ['1|0', '2|1'], TWO: ['1|0', '2|1'], NONE: [] })
})

test('rows of one input of a union are not held by a stream that nothing writes', () => {
  const empty = { name: 'EMPTY', schema: OUT, origin: 'program' as const }
  const union = { kind: 'union' as const, inputs: [scan('OUT', OUT), scan('EMPTY', OUT)], schema: OUT }
  const plan = program(
    [input, out, empty, { ...out, name: 'ALL' }],
    [pump('A', 'OUT', scan('IN', IN), { values: [V] }), pump('B', 'ALL', union)],
  )
  const running = compileProgram(plan, { ...HOST, errors: new ErrorList(), outputs: ['ALL'] })
  running.push('IN', rows([1, 2]))
  running.work()
  expect(running.takeResults().flatMap(result => rowsText(result.rows))).toEqual(['1|0', '2|1'])
})

test('a row re-timed below an earlier one is late: it goes to the error output and never runs the stream backwards', () => {
  const plan = program([input, out], [pump('A', 'OUT', scan('IN', IN), { values: [V], rowtime: column(IN, 't') })])
  const late = batchOf(
    IN,
    [
      [1, 100],
      [2, 50],
      [3, 100],
      [4, null],
      [5, 200],
    ],
    [1, 2, 3, 4, 5],
  )
  for (const cut of [1, 5]) {
    const { results, errors } = run(plan, [{ stream: 'IN', rows: late }], ['OUT'], { cut, bounds: true })
    expect(results.OUT).toEqual(['100|1', '100|3', '200|5'])
    expect(errors.map(line => line.split(' ').slice(0, 3).join(' '))).toEqual(['LATE_ROW 2 A', 'NULL_NOT_ALLOWED 4 A'])
  }
})

test('a row of the input below a bound goes to the error output too', () => {
  const errors = new ErrorList()
  const running = compileProgram(program([input, out], [pump('A', 'OUT', scan('IN', IN), { values: [V] })]), {
    ...HOST,
    errors,
    outputs: ['OUT'],
  })
  running.advance(10)
  running.push('IN', rows([9, 10]))
  running.work()
  expect(running.takeResults().flatMap(result => rowsText(result.rows))).toEqual(['10|1'])
  expect(errors.lines).toEqual([
    expect.stringMatching(/^LATE_ROW 9 null late row: its ROWTIME 1970-01-01 00:00:00.009 is below/),
  ])
})

const metadata = (name: 'PARTITION_KEY' | 'SEQUENCE_NUMBER' | 'SHARD_ID', text: number): Expression => ({
  kind: 'metadata',
  name,
  type: { kind: 'VARCHAR', length: text },
  span: PLACE,
})

test('an error names the position of its record and its row as JSON; metadata columns come from the record', () => {
  const records = new RecordBatchBuilder()
  const builder = new RowBuilder(IN)
  for (let i = 0; i < 3; i++) {
    records.add({
      data: Buffer.from('{}'),
      arrivedAt: i,
      rowtime: i,
      sequenceNumber: `49${i}`,
      subsequenceNumber: i,
      partitionKey: `p${i}`,
      shardId: 'shardId-0',
    })
    builder.add(i, [i, 86_400_000 * i], i)
  }
  const MORE = schemaOf({ q: 'INTEGER', p: 'VARCHAR(9)', n: 'VARCHAR(9)', s: 'VARCHAR(9)' })
  const plan = program(
    [input, { name: 'OUT', schema: MORE, origin: 'program' }],
    [
      pump('A', 'OUT', scan('IN', IN), {
        values: [
          arithmetic('/', literal(6, 'INTEGER'), V, 'INTEGER'),
          metadata('PARTITION_KEY', 9),
          metadata('SEQUENCE_NUMBER', 9),
          metadata('SHARD_ID', 9),
        ],
      }),
    ],
  )
  const errors = new ErrorList()
  const running = compileProgram(plan, { ...HOST, errors, outputs: ['OUT'] })
  running.push('IN', builder.take(records.take()))
  running.work()
  expect(running.takeResults().flatMap(result => rowsText(result.rows))).toEqual([
    '1|6|p1|491|shardId-0',
    '2|3|p2|492|shardId-0',
  ])
  expect(errors.rows).toHaveLength(1)
  expect(errors.rows[0]!.position).toEqual({ shardId: 'shardId-0', sequenceNumber: '490', subsequenceNumber: 0 })
  expect(errors.lines[0]).toBe(
    'DIVISION_BY_ZERO 0 A 3:14 division by zero: 6 / 0 {"v":0,"t":"1970-01-01 00:00:00.000"}',
  )
})

test('a snapshot of another program, or a damaged one, is refused', () => {
  const plan = program([input, out], [pump('A', 'OUT', scan('IN', IN), { values: [V] })])
  const renamed = program([input, out], [pump('B', 'OUT', scan('IN', IN), { values: [V] })])
  const compile = (one: typeof plan) => compileProgram(one, { ...HOST, errors: new ErrorList(), outputs: [] })
  expect(() => restored(compile(plan), compile(renamed))).toThrow(
    'snapshot is of another program: it has pump "A" in place of pump "B"',
  )
})

test('an output that names no stream and an unknown input are refused with what there is', () => {
  const plan = program([input, out], [])
  expect(() => compileProgram(plan, { ...HOST, errors: new ErrorList(), outputs: ['Out'] })).toThrow(
    'output "Out" names no stream of the program; streams are "IN", "OUT"',
  )
  expect(() => compileProgram(plan, { ...HOST, errors: new ErrorList(), outputs: [] }).push('OUT', rows([1]))).toThrow(
    'stream "OUT" is no input of this program',
  )
})
