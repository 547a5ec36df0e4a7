/** The fast way of CSV must give the answer of the slow one: rows, errors, and where they come from. */
import { describe, expect, it } from 'vitest'
import { CsvDecoder } from '../../core/codecs/csv/csv-decoder.ts'
import { createDecoder, type DecoderOptions } from '../../core/codecs/decoder.ts'
import { parseInputSchema } from '../../core/codecs/input-schema.ts'
import { batchOf, type ColumnText, valuesOf } from './codec-support.ts'
import { type Answer, randomOf } from './scanner-support.ts'

const ALL: readonly ColumnText[] = [
  ['TI', 'TINYINT'],
  ['I', 'INTEGER'],
  ['B', 'BIGINT'],
  ['D', 'DECIMAL(10,3)'],
  ['F', 'DOUBLE'],
  ['R', 'REAL'],
  ['O', 'BOOLEAN'],
  ['V', 'VARCHAR(8)'],
  ['C', 'CHAR(8)'],
  ['TS', 'TIMESTAMP'],
  ['DA', 'DATE'],
  ['T', 'TIME'],
]
const GOOD = [
  '1',
  '2',
  '3',
  '4.5',
  '5.25',
  '0.1',
  'true',
  'v',
  'c  ',
  '2026-01-15 12:00:00.123',
  '2026-01-15',
  '01:02:03',
]

interface Delimiters {
  readonly row?: string
  readonly column?: string
}

class Subject {
  readonly #decoder: CsvDecoder

  constructor(columns: readonly ColumnText[], { row = '\n', column = ',' }: Delimiters, options: DecoderOptions) {
    const decoder = createDecoder(
      parseInputSchema({
        RecordFormat: {
          RecordFormatType: 'CSV',
          MappingParameters: { CSVMappingParameters: { RecordRowDelimiter: row, RecordColumnDelimiter: column } },
        },
        RecordColumns: columns.map(([Name, SqlType]) => ({ Name, SqlType })),
      }),
      options,
    )
    if (!(decoder instanceof CsvDecoder)) throw new Error('not a decoder of CSV')
    this.#decoder = decoder
  }

  get kept(): number {
    return this.#decoder.scanCounts?.kept ?? 0
  }

  get isScanned(): boolean {
    return this.#decoder.scanCounts !== null
  }

  answer(records: readonly (string | Uint8Array)[]): Answer {
    const errors: Answer['errors'] = []
    const batches = this.#decoder.decode(batchOf(records), {
      add: row => errors.push({ name: row.name, message: row.message, sequenceNumber: row.position?.sequenceNumber }),
    })
    return {
      rows: batches.flatMap(valuesOf),
      rowtimes: batches.flatMap(batch => [...batch.rowtimes.subarray(0, batch.length)]),
      records: batches.flatMap(batch => [...(batch.origin?.records.subarray(0, batch.length) ?? [])]),
      errors,
    }
  }
}

/** Compares both ways, and says how many records went the fast one. */
function agreed(
  columns: readonly ColumnText[],
  records: readonly (string | Uint8Array)[],
  delimiters: Delimiters = {},
  options: DecoderOptions = {},
): { readonly answer: Answer; readonly kept: number } {
  const subject = new Subject(columns, delimiters, options)
  const truth = new Subject(columns, delimiters, { ...options, scanner: 'none' })
  expect(truth.isScanned).toBe(false)
  const answer = subject.answer(records)
  expect(answer).toEqual(truth.answer(records))
  return { answer, kept: subject.kept }
}

const VALUES = [
  '',
  ' ',
  '0',
  '-0',
  '1',
  '-1',
  '+1',
  '01',
  '007',
  '127',
  '128',
  '-129',
  '2147483647',
  '2147483648',
  '1.0',
  '1.',
  '.5',
  '9007199254740993',
  '999999999999999',
  '9223372036854775807',
  '9223372036854775808',
  '0.1',
  '1.0005',
  '12345678.9',
  '1e3',
  '1E3',
  '1e-3',
  '12.50e1',
  '125e-1',
  '1.5e400',
  '3.5e38',
  'NaN',
  'Infinity',
  '-',
  '--1',
  '1_0',
  '0x1',
  ' 7',
  '7 ',
  'true',
  'TRUE',
  'True',
  'tRuE',
  'false',
  'truE ',
  'yes',
  'null',
  'NULL',
  'tru',
  '12345678',
  '123456789',
  'äöüß',
  'äöüßäöüß',
  '日本語',
  '😀😀',
  'a  ',
  '   ',
  'a\tb',
  'a\u0000b',
  '\u2028',
  '\ufeffa',
  'a"b',
  '"a"',
  '"a,b"',
  '"a""b"',
  '"a',
  '"a"b',
  '""',
  "'a'",
  'a\rb',
  'a\r',
  '\r',
  '2026-01-15 12:00:00',
  '2026-01-15T12:00:00Z',
  '2026-01-15T12:00:00.5Z',
  '2026-01-15T12:00:00+02:00',
  '2026-02-29',
  '2024-02-29',
  '2026-1-15',
  '2026-01-15 24:00:00',
  '0000-01-01',
  '12:34:56',
  '12:34:56.7',
  '24:00:00',
  '12:34',
  '1:02:03',
]

describe('the fast way of CSV', () => {
  it('takes ten zero bytes for no day, also before the first one', () => {
    const zeros = '\0'.repeat(10)
    agreed([['d', 'DATE']], [zeros, '2026-01-15', zeros])
    agreed([['t', 'TIMESTAMP']], [zeros, `${zeros} 01:02:03`, '2026-01-15 01:02:03', zeros])
  })

  it.each(
    ALL.map(([name, type], i) => [name, type, i] as const),
  )('gives the answer of the slow one for every value in column %s of type %s', (_name, _type, index) => {
    const records = VALUES.flatMap(value =>
      ['', '\n', '\r\n'].map(end => `${GOOD.map((good, i) => (i === index ? value : good)).join(',')}${end}`),
    )
    const { kept } = agreed(ALL, records)
    expect(kept).toBeGreaterThan(5)
  })

  it('takes what is plain, and every row of the good one', () => {
    const records = [GOOD.join(','), `${GOOD.join(',')}\n`, `${GOOD.join(',')}\r\n`, `${GOOD.join(',')},more,fields`]
    records.push(GOOD.slice(0, 5).join(','), '1', ',,,', '-0,-0,1e2,-0.5,-0', ',,,,,,TRUE,ä€,,2026-01-15T00:00:00Z')
    expect(agreed(ALL, records).kept).toBe(records.length)
  })

  it('leaves quotes, several rows and empty records to the slow one', () => {
    const columns: ColumnText[] = [
      ['a', 'INTEGER'],
      ['b', 'VARCHAR(9)'],
    ]
    const records = [
      '1,x',
      '1,x\n2,y',
      '1,x\n2,y\n',
      '',
      '\n',
      '\r\n',
      '\n\n',
      '1,"x"',
      '1,"x\ny"',
      'a,b',
      '2,z',
      '3',
      '"',
      ',',
    ]
    const { answer, kept } = agreed(columns, records)
    expect(kept).toBe(4)
    expect(answer.rows.map(row => row[0])).toEqual([1, 1, 2, 1, 2, 1, 1, 2, 3, null])
  })

  it.each([
    ['tabs', { column: '\t' }],
    ['semicolons and bars', { row: '|', column: ';' }],
    ['rows that end in a carriage return and a line feed', { row: '\r\n' }],
    ['columns of two characters', { column: '||' }],
    ['a delimiter beyond ASCII', { column: '§' }],
    ['a carriage return as a delimiter', { row: '\r' }],
  ])('gives the answer of the slow one with %s', (_name, { row = '\n', column = ',' }: Delimiters) => {
    const columns: ColumnText[] = [
      ['a', 'INTEGER'],
      ['b', 'VARCHAR(9)'],
      ['c', 'DOUBLE'],
    ]
    const records = [
      ['1', 'x', '2.5'],
      ['2', 'a,b', ''],
      ['3', 'c;d\t', '1'],
      ['4', '|', '7'],
      ['5', 'y\r', '8'],
    ].flatMap(fields => [
      fields.join(column),
      fields.join(column) + row,
      `${fields.join(column)}${row}${fields.join(column)}`,
    ])
    agreed(columns, records, { row, column })
  })

  it('does not read on into the next record', () => {
    const columns: ColumnText[] = [
      ['a', 'VARCHAR(9)'],
      ['b', 'DOUBLE'],
    ]
    const { answer, kept } = agreed(columns, [
      'x,1',
      '2,3',
      'y,4.',
      '5,6',
      'z,7e',
      '8,9',
      'ä,0',
      Buffer.from([0x61, 0xc3]),
      Buffer.from([0xa4, 0x2c, 0x31]),
      'b,2',
    ])
    expect(answer.rows.slice(0, 2)).toEqual([
      ['x', 1],
      ['2', 3],
    ])
    expect(kept).toBe(6)
    expect(answer.errors.length).toBeGreaterThan(1)
  })

  it('reads only the columns that are needed', () => {
    const columns: ColumnText[] = [
      ['a', 'INTEGER'],
      ['b', 'INTEGER'],
      ['c', 'VARBINARY(3)'],
      ['d', 'VARCHAR(5)'],
    ]
    const { answer, kept } = agreed(columns, ['1,no number,zz,x', '2,3,,y'], {}, { neededColumns: ['a', 'd'] })
    expect(answer.rows).toEqual([
      [1, null, null, 'x'],
      [2, null, null, 'y'],
    ])
    expect(kept).toBe(2)
  })

  it('gives the answer of the slow one for mutated records, whatever byte is changed', () => {
    const rounds = Number(process.env['CSV_FUZZ_ROUNDS'] ?? 40)
    const random = randomOf(9)
    const bytes = Buffer.from('",\n\r0123456789-+.eE :TZ\x00\t aä\xff\xc3\xa4\xe2\x82\xac', 'latin1')
    const subject = new Subject(ALL, {}, {})
    const truth = new Subject(ALL, {}, { scanner: 'none' })
    for (let round = 0; round < rounds; round++) {
      const records = Array.from({ length: 500 }, (_unused, i) => {
        const fields = [...GOOD]
        fields[1] = String(random(3_000_000_000) - 1_500_000_000)
        fields[4] = `${random(1_000)}.${random(100)}${random(4) === 0 ? `e${random(30) - 15}` : ''}`
        fields[7] = `u${random(300)}`
        const clean = Buffer.from(`${fields.join(',')}${i % 3 === 0 ? '\n' : ''}`)
        if (random(4) === 0) return clean
        const at = random(clean.length)
        const byte = bytes.subarray(random(bytes.length)).subarray(0, 1)
        const kind = random(4)
        if (kind === 0) return Buffer.concat([clean.subarray(0, at), byte, clean.subarray(at + 1)])
        if (kind === 1) return Buffer.concat([clean.subarray(0, at), byte, clean.subarray(at)])
        return kind === 2 ? Buffer.concat([clean.subarray(0, at), clean.subarray(at + 1)]) : clean.subarray(0, at)
      })
      const [answer, expected] = [subject.answer(records), truth.answer(records)]
      if (JSON.stringify(answer, plain) !== JSON.stringify(expected, plain)) expect(answer).toEqual(expected)
    }
    console.log(`csv: ${rounds * 500} records, three in four mutated; ${subject.kept} were scanned`)
    expect(subject.kept).toBeGreaterThan(rounds * 500 * 0.4)
  }, 7_200_000)
})

function plain(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : value
}
