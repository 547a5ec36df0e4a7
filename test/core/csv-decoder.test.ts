import { describe, expect, it } from 'vitest'
import { csvDecoder, decode } from './codec-support.ts'

const columns = [
  ['a', 'INTEGER'],
  ['b', 'VARCHAR(5)'],
  ['c', 'TIMESTAMP'],
] as const

describe('CSV', () => {
  it('maps fields by order, converts them as texts, and ignores fields past the schema', () => {
    const { rows, errors } = decode(csvDecoder(columns), ['1,x,2024-01-01 00:00:00,more,"and, more"\n 2 ,toolong,\n'])
    expect(errors).toEqual([])
    expect(rows).toEqual([
      [1, 'x', Date.UTC(2024, 0, 1)],
      [2, 'toolo', null],
    ])
  })

  it('reads empty fields as NULL unless the column is text, and missing trailing fields as NULL', () => {
    expect(decode(csvDecoder(columns), [',,', '7', '"",""']).rows).toEqual([
      [null, '', null],
      [7, null, null],
      [null, '', null],
    ])
  })

  it('hides delimiters in quotes and reads two quotes as one', () => {
    expect(
      decode(
        csvDecoder([
          ['a', 'VARCHAR(99)'],
          ['b', 'VARCHAR(99)'],
        ]),
        ['"a,\nb","say ""hi"""\n"x"y,z"q"\n'],
      ).rows,
    ).toEqual([
      ['a,\nb', 'say "hi"'],
      ['xy', 'z"q"'],
    ])
  })

  it('takes delimiters of several characters', () => {
    expect(
      decode(
        csvDecoder(
          [
            ['a', 'VARCHAR(9)'],
            ['b', 'VARCHAR(9)'],
          ],
          '||\n',
          '::',
        ),
        ['a:b::c|d||\n"::"::x||\n'],
      ).rows,
    ).toEqual([
      ['a:b', 'c|d'],
      ['::', 'x'],
    ])
    expect(
      decode(
        csvDecoder(
          [
            ['a', 'VARCHAR(9)'],
            ['b', 'VARCHAR(9)'],
          ],
          '\\n',
          '\\t',
        ),
        ['a\tb\nc\td'],
      ).rows,
    ).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
  })

  it('drops a carriage return before a line feed and rows without a character', () => {
    expect(decode(csvDecoder([['a', 'VARCHAR(9)']]), ['a\r\n\r\n\nb\r\n']).rows).toEqual([['a'], ['b']])
  })

  it('reads a header line as a row, which fails where its names are no values; the others go on', () => {
    const { rows, errors } = decode(csvDecoder(columns), ['a,b,c\n1,x,\n', 'z,y\n'])
    expect(rows).toEqual([[1, 'x', null]])
    expect(errors.map(error => error.message)).toEqual([
      'column "a" does not take the text "a"; expected INTEGER',
      'column "a" does not take the text "z"; expected INTEGER',
    ])
  })

  it('refuses the row of a quote that never closes and reads the rows after it', () => {
    const { rows, errors } = decode(csvDecoder(columns), ['1,x\n2,"open\n3,y\n', ''])
    expect(rows.map(row => row[0])).toEqual([1, 3])
    expect(errors.map(error => error.name)).toEqual(['PARSE_ERROR', 'PARSE_ERROR'])
  })
})
