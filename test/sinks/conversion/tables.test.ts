/** Tables of conversions from a JSON schema, and from Glue over the network. */
import { describe, expect, it } from 'vitest'
import { fetchGlueTable } from '../../../sinks/conversion/glue-catalog.ts'
import { glueTableOf } from '../../../sinks/conversion/glue-table.ts'
import { tableOfJsonSchema } from '../../../sinks/conversion/json-schema-table.ts'

/** The same columns by the types of Glue, whose reading has tests of its own. */
const columns = (types: Readonly<Record<string, string>>): unknown =>
  glueTableOf({
    Name: 't',
    StorageDescriptor: { Columns: Object.entries(types).map(([Name, Type]) => ({ Name, Type })) },
  }).columns

describe('a JSON schema', () => {
  it.each([
    [{ type: 'boolean' }, 'boolean'],
    [{ type: 'integer' }, 'bigint'],
    [{ type: 'number' }, 'double'],
    [{ type: ['integer', 'number', 'null'] }, 'double'],
    [{ type: 'string' }, 'string'],
    [{ type: ['null', 'string'] }, 'string'],
    [{ type: 'string', format: 'date' }, 'date'],
    [{ type: 'string', format: 'date-time' }, 'timestamp'],
    [{ type: 'string', format: 'email' }, 'string'],
    [{ anyOf: [{ type: 'null' }, { type: 'integer' }] }, 'bigint'],
    [{ type: 'array', items: { type: 'array', items: { type: 'number' } } }, 'array<array<double>>'],
    [{ type: 'object', additionalProperties: { type: 'integer' } }, 'map<string,bigint>'],
    [
      { type: 'object', properties: { A: { type: 'string' }, b: { $ref: '#/$defs/point~1of' } } },
      'struct<a:string,b:struct<x:double>>',
    ],
  ])('gives %o the type %s', (schema, type) => {
    const defs = { 'point/of': { type: 'object', properties: { x: { type: 'number' } } } }
    const table = tableOfJsonSchema({ type: 'object', properties: { C: schema }, $defs: defs }, 't')
    expect(table).toEqual({ name: 't', columns: columns({ c: type }) })
  })

  it('is refused with every member that has no column', () => {
    const schema = {
      $defs: { self: { type: 'object', properties: { next: { $ref: '#/$defs/self' } } } },
      properties: {
        a: {},
        b: { type: ['string', 'integer'] },
        c: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
        d: { type: 'array', items: [{ type: 'string' }] },
        e: { type: 'object' },
        f: { type: 'object', properties: { g: { $ref: '#/nowhere' } } },
        h: { $ref: '#/$defs/self' },
        X: { type: 'string' },
        x: { type: 'string' },
        y: { type: 'text' },
        z: { type: 'array' },
      },
    }
    const tell = (): unknown => tableOfJsonSchema(schema, 't')
    for (const text of [
      'a: it has no type',
      'b: type ["string","integer"] has no column',
      'c: oneOf of several types has no column',
      'd: an array whose places have types of their own',
      'e: an object needs properties',
      'f.g: $ref "#/nowhere" leads nowhere',
      'it is more than 32 deep, or refers to itself',
      'x: the name stands twice',
      'y: type "text" is none of JSON Schema',
      'z[]: it has no type',
    ])
      expect(tell).toThrow(text)
    expect(() => tableOfJsonSchema({ type: 'string' }, 't')).toThrow('it has no properties')
    expect(() => tableOfJsonSchema(null, 't')).toThrow(expect.objectContaining({ code: 'config' }))
  })
})

describe('Glue over the network', () => {
  class Command {
    readonly name: string
    readonly input: unknown
    constructor(name: string, input: unknown) {
      this.name = name
      this.input = input
    }
  }
  const catalog = (answer: (command: Command) => unknown) => ({
    client: { send: async (command: Command) => answer(command) },
    GetTableCommand: class extends Command {
      constructor(input: unknown) {
        super('GetTable', input)
      }
    },
    GetTableVersionCommand: class extends Command {
      constructor(input: unknown) {
        super('GetTableVersion', input)
      }
    },
  })
  const plan = { catalogId: null, databaseName: 'd', tableName: 't', region: null, versionId: 'LATEST' }
  const Table = { Name: 't', StorageDescriptor: { Columns: [{ Name: 'c', Type: 'int' }] } }

  it('is asked for the newest table, or for one version of it', async () => {
    const asked: unknown[] = []
    const answering = (reply: unknown) =>
      catalog(({ name, input }) => {
        asked.push([name, input])
        return reply
      })
    const wanted = { name: 't', columns: columns({ c: 'int' }) }
    expect(await fetchGlueTable(answering({ Table }), plan)).toEqual(wanted)
    const version = { ...plan, catalogId: '123456789012', versionId: '7' }
    expect(await fetchGlueTable(answering({ TableVersion: { Table, VersionId: '7' } }), version)).toEqual(wanted)
    expect(asked).toEqual([
      ['GetTable', { DatabaseName: 'd', Name: 't' }],
      ['GetTableVersion', { CatalogId: '123456789012', DatabaseName: 'd', TableName: 't', VersionId: '7' }],
    ])
  })

  it.each([
    ['EntityNotFoundException', 'not_found', 'never', /Glue table d\.t/],
    ['AccessDeniedException', 'config', 'never', /allow glue:GetTable$/],
    ['ThrottlingException', 'throttled', 'backoff', /ThrottlingException/],
    ['InternalServiceException', 'connection_lost', 'backoff', /InternalServiceException/],
  ])('that answers %s fails with %s, retry %s', async (name, code, retry, message) => {
    const failing = catalog(() => {
      throw Object.assign(new Error('as planned'), { name })
    })
    const outcome = fetchGlueTable(failing, plan)
    await expect(outcome).rejects.toMatchObject({ code, retry })
    await expect(outcome).rejects.toThrow(message)
  })
})
