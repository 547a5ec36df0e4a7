import { describe, expect, it } from 'vitest'
import { parseInputSchema } from '../../core/codecs/input-schema.ts'
import { MillraceError } from '../../core/errors.ts'

const json = { RecordFormatType: 'JSON', MappingParameters: { JSONMappingParameters: { RecordRowPath: '$' } } }

function problemsOf(value: unknown): string[] {
  try {
    parseInputSchema(value)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'config') return error.message.split('\n  ').slice(1)
    throw error
  }
  return []
}

describe('input schema', () => {
  it('reads names, types and mappings, and passes over unknown keys', () => {
    const schema = parseInputSchema({
      RecordFormat: json,
      RecordEncoding: 'UTF-8',
      Extra: 1,
      RecordColumns: [{ Name: 'price', SqlType: 'decimal(10, 2)', Mapping: '$.p', Comment: 'x' }],
    })
    expect(schema.columns).toEqual([
      { name: 'price', type: { kind: 'DECIMAL', precision: 10, scale: 2 }, mapping: '$.p' },
    ])
  })

  it('tells all problems at once, each with its path', () => {
    expect(
      problemsOf({
        RecordFormat: {
          RecordFormatType: 'JSON',
          MappingParameters: { JSONMappingParameters: { RecordRowPath: 'a' } },
        },
        RecordEncoding: 'LATIN-1',
        RecordColumns: [
          { Name: 'a', SqlType: 'VARCHAR(70000)', Mapping: '$.a' },
          7,
          { Name: 'a', SqlType: 'INTEGR', Mapping: '$..a' },
          { SqlType: 'INTEGER' },
          { Name: 'x'.repeat(257), SqlType: 'INTEGER', Mapping: '$.l[0:].m[0:]' },
          { Name: 'l', SqlType: 'INTEGER', Mapping: '$.l[0:].a' },
          { Name: 'm', SqlType: 'INTEGER', Mapping: '$.m[0:].a' },
          { Name: 'n', SqlType: 'INTEGER', Mapping: '$.m[3]' },
        ],
      }).map(line => line.slice(0, line.indexOf(':') + 1)),
    ).toEqual([
      'InputSchema.RecordEncoding:',
      'InputSchema.RecordColumns[0].SqlType:',
      'InputSchema.RecordColumns[1]:',
      'InputSchema.RecordColumns[2].SqlType:',
      'InputSchema.RecordColumns[2].Name:',
      'InputSchema.RecordColumns[3].Name:',
      'InputSchema.RecordColumns[3].Mapping:',
      'InputSchema.RecordColumns[4].Name:',
      'InputSchema.RecordFormat.MappingParameters.JSONMappingParameters.RecordRowPath:',
      'InputSchema.RecordColumns[2].Mapping:',
      'InputSchema.RecordColumns[4].Mapping:',
      'InputSchema.RecordColumns[6].Mapping:',
      'InputSchema.RecordColumns[7].Mapping:',
    ])
  })

  it.each([
    null,
    5,
    'x',
    [],
    {},
    { RecordFormat: null, RecordColumns: {} },
    { RecordFormat: json, RecordColumns: [] },
  ])('refuses %j', value => {
    expect(problemsOf(value).length).toBeGreaterThan(0)
  })

  it('refuses equal delimiters and more than 1,000 columns', () => {
    const columns = (count: number) =>
      Array.from({ length: count }, (_unused, i) => ({ Name: `c${i}`, SqlType: 'INTEGER' }))
    const csv = (row: string, column: string) => ({
      RecordFormatType: 'CSV',
      MappingParameters: { CSVMappingParameters: { RecordRowDelimiter: row, RecordColumnDelimiter: column } },
    })
    expect(problemsOf({ RecordFormat: csv('\n', '\n'), RecordColumns: columns(1) })).toHaveLength(1)
    expect(problemsOf({ RecordFormat: csv('\n', ','), RecordColumns: columns(1_001) })).toHaveLength(1)
    expect(problemsOf({ RecordFormat: csv('\n', ','), RecordColumns: columns(1_000) })).toEqual([])
  })
})
