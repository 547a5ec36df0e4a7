/**
 * The examples, as their readers run them: the commands of each README over the sample, compared with the files in `expected`;
 * the same rows however the sample is cut, restored and spread over shards; and DuckDB's answer where it has one.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseInputSchema } from '../../core/codecs/input-schema.ts'
import { millrace } from '../cli/millrace.ts'
import type { GoldenProgram } from '../golden/golden.ts'
import { differencesFromDuckDb } from '../golden/second-opinion.ts'
import { comparable, GoldenRunner } from '../golden/ways.ts'

const EXAMPLES = join(import.meta.dirname, '../../examples')
const ANSWERS = join(import.meta.dirname, 'duckdb')
const folder = mkdtempSync(join(tmpdir(), 'millrace-examples-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Example {
  readonly name: string
  readonly schema: string
  readonly tables?: Readonly<Record<string, { readonly file: string; readonly schema: string }>>
  /** column of the time that the program goes by, where it has windows of event time */
  readonly eventTime?: boolean
  /** broken records, which DuckDB does not take */
  readonly broken: RegExp
}

const LIST: readonly Example[] = [
  {
    name: 'fraud',
    schema: 'payments.schema.json',
    tables: { MERCHANTS: { file: 'merchants.csv', schema: 'merchants.schema.json' } },
    broken: /"card":"4000-1$|"free"/,
  },
  { name: 'logs', schema: 'logs.schema.json', broken: /"message":$/ },
  { name: 'iot', schema: 'readings.schema.json', eventTime: true, broken: /"hot"|"device":"s-$/ },
  { name: 'social', schema: 'feed.schema.json', eventTime: true, broken: /"author":$/ },
]

/** Those of the golden programs that differ most: a forest is large, and a snapshot of it after every row takes long. */
const WAYS: readonly string[] = ['seven shards', 'two shards, restored after each batch of 7']

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

function programOf({ name, schema, tables = {} }: Example, input: string, duckdb: string | null): GoldenProgram {
  const at = (file: string): string => join(EXAMPLES, name, file)
  return {
    name: `examples/${name}`,
    text: readFileSync(at(`${name}.sql`), 'utf8'),
    expectedPath: '',
    input,
    schema: parseInputSchema(json(at(schema))),
    tables: Object.entries(tables).map(([table, of]) => ({
      name: table,
      file: at(of.file),
      schema: parseInputSchema(json(at(of.schema)), table),
    })),
    parallelism: 1,
    shards: null,
    // Rows of these programs also go by arrival, so that other arrivals are other results.
    eventTime: null,
    saysEventTime: true,
    covers: [],
    duckdb,
  }
}

/** The commands of a README, each without `npx millrace`. */
function commandsOf(readme: string): readonly (readonly string[])[] {
  const blocks = [...readme.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block.replace(/\\\n/g, ' '))
  return blocks.flatMap(block => block.trim().split('\n')).map(line => line.trim().split(/\s+/).slice(2))
}

describe.each(LIST)('$name', example => {
  const { name, broken } = example
  const source = join(EXAMPLES, name)
  const sample = join(source, 'sample.jsonl')

  test('the commands of its README give the expected files', async () => {
    const copy = join(folder, name)
    cpSync(source, copy, { recursive: true })
    const commands = commandsOf(readFileSync(join(source, 'README.md'), 'utf8'))
    expect(commands.map(([command]) => command)).toEqual(['check', 'replay'])
    for (const args of commands) {
      const { code, stderr } = await millrace(args, copy)
      expect(stderr).toBe('')
      expect(code).toBe(0)
    }
    const files = readdirSync(join(copy, 'out'))
    if (process.env['UPDATE_GOLDEN'] === '1') cpSync(join(copy, 'out'), join(source, 'expected'), { recursive: true })
    expect(files).toEqual(readdirSync(join(source, 'expected')))
    for (const file of files)
      expect(readFileSync(join(copy, 'out', file), 'utf8'), file).toBe(
        readFileSync(join(source, 'expected', file), 'utf8'),
      )
    const written = files.filter(file => readFileSync(join(copy, 'out', file), 'utf8') !== '')
    expect(written, 'every stream shows something').toEqual(files)
  })

  test('the rows do not depend on how the sample is cut, restored or spread over shards', async () => {
    const runner = new GoldenRunner(programOf(example, sample, null))
    const straight = await runner.straight()
    const ways = runner.ways.filter(({ name: way }) => WAYS.includes(way))
    expect(ways).toHaveLength(WAYS.length)
    for (const way of ways) {
      const { lines } = await runner.run(way)
      expect(comparable(lines, way), way.name).toEqual(comparable(straight.lines, way))
    }
  })

  test('the script makes the sample that is there', () => {
    const made = execFileSync(process.execPath, [join(source, 'generate.mjs')], { encoding: 'utf8' })
    expect(made).toBe(readFileSync(sample, 'utf8'))
  })

  const answers = readdirSync(ANSWERS).filter(file => file.startsWith(`${name}.`))
  test.each(answers)('DuckDB has the rows of %s', async file => {
    const sound = readFileSync(sample, 'utf8')
      .split('\n')
      .filter(line => line !== '' && !broken.test(line))
    const input = join(folder, `${name}.sound.jsonl`)
    writeFileSync(input, `${sound.join('\n')}\n`)
    const [, stream = ''] = /^[^.]+\.(.+)\.sql$/.exec(file) ?? []
    const duckdb = `-- stream: ${stream}\n${readFileSync(join(ANSWERS, file), 'utf8')}`
    const program = programOf(example, input, duckdb)
    const ours = await new GoldenRunner(program).straight()
    expect(ours.rows.get(stream)?.values.length).toBeGreaterThan(0)
    expect(await differencesFromDuckDb(program, ours)).toEqual([])
  })
})

test('the sessions of the shop are those that its README promises', async () => {
  const copy = join(folder, 'clickstream')
  cpSync(join(EXAMPLES, 'clickstream'), copy, { recursive: true })
  const args = [
    '--schema',
    'clicks.schema.json',
    '--input',
    'sample.jsonl',
    '--arrival',
    'sent_timestamp',
    '--out',
    'out',
  ]
  const { code, stderr } = await millrace(['replay', 'sessions.sql', ...args], copy)
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const rows = (stream: string): Record<string, number>[] =>
    readFileSync(join(copy, 'out', `${stream}.jsonl`), 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, number>)
  const sessions = rows('SESSIONS')
  const atLeast = (step: number): number => sessions.filter(session => session['FARTHEST']! >= step).length
  expect(rows('SESSION_FUNNEL')).toMatchObject([
    {
      ALL_SESSIONS: sessions.length,
      SAW_AN_ITEM: atLeast(2),
      FILLED_A_CART: atLeast(3),
      BEGAN_TO_PAY: atLeast(4),
      PAID: atLeast(5),
    },
  ])
  expect(atLeast(5)).toBeGreaterThan(0)
  // Every event with a visitor and a time is in a session or late.
  const late = rows('error_stream').filter(row => String(row['ERROR_NAME']) === 'LATE_ROW').length
  const events = readFileSync(join(copy, 'sample.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .filter(line => /"user_pseudo_id":"/.test(line) && /"event_timestamp":"\d{4}-/.test(line) && line.endsWith('}'))
  const counted = sessions.reduce((sum, session) => sum + session['EVENTS']!, 0)
  expect(counted + late).toBe(events.length)
})
