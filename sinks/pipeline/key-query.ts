/**
 * The processor MetadataExtraction: partition keys from a record by a jq program. jq is the WebAssembly build of jq itself
 * (package jq-web, an optional peer); the service runs jq 1.6. One run serves a whole batch: each record gives one line.
 */
import { createRequire } from 'node:module'
import { MillraceError } from '../../core/index.ts'
import type { FailedRecord, StreamRecord } from './record.ts'

/** Bytes of one run: jq has the text and its values in memory at once. */
const RUN_BYTES_MAX = 4_194_304
/** Compile errors that a message shows. */
const SHOWN_CHARACTERS_MAX = 300

export interface KeyQuery {
  /** One outcome for each record, in order: the record itself, which has its keys then, or why it has none. */
  keys(records: readonly StreamRecord[], now: number): readonly (StreamRecord | FailedRecord)[]
}

interface Jq {
  raw(input: string, program: string, flags: readonly string[]): string
}

let loaded: Promise<Jq> | null = null

async function loadJq(): Promise<Jq> {
  try {
    // The package exports a promise, so that `import` would take its namespace for one.
    loaded ??= createRequire(import.meta.url)('jq-web') as Promise<Jq>
    return await loaded
  } catch (cause) {
    loaded = null
    throw new MillraceError('config', 'MetadataExtraction needs the package jq-web: npm install jq-web', { cause })
  }
}

/**
 * @param keys that the program yields; a record without one of them fails
 * @throws MillraceError `config` when the package is missing or the program does not compile
 */
export async function jqQuery(program: string, keys: readonly string[]): Promise<KeyQuery> {
  const jq = await loadJq()
  // A comment at the end of the program must not swallow the bracket.
  const wrapped = `. as $record | try {o: [$record | (${program}\n)]} catch {e: tostring}`
  try {
    jq.raw('', program, ['-c'])
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    throw new MillraceError(
      'config',
      `MetadataExtractionQuery does not compile: ${text.slice(0, SHOWN_CHARACTERS_MAX)}`,
    )
  }
  return {
    keys(records, now) {
      const outcomes: (StreamRecord | FailedRecord | null)[] = records.map(() => null)
      let lines: string[] = []
      let from: number[] = []
      let sizeBytes = 0
      const run = (): void => {
        if (lines.length === 0) return
        let results = linesOf(jq, lines.join('\n'), wrapped)
        // A program that reads on by itself (`input`) or halts must not give one record the keys of another.
        if (results.length !== lines.length)
          results = lines.map(line => {
            const alone = linesOf(jq, line, wrapped)
            return alone.length === 1 ? (alone[0] ?? '{}') : '{}'
          })
        from.forEach((index, at) => {
          const record = records[index]
          if (record !== undefined) outcomes[index] = outcomeOf(record, results[at] ?? '{}', keys, now)
        })
        lines = []
        from = []
        sizeBytes = 0
      }
      records.forEach((record, index) => {
        const line = oneLine(record.data)
        if (line === null) outcomes[index] = failed(record, 'the record is no JSON document', now)
        else {
          lines.push(line)
          from.push(index)
          sizeBytes += line.length
          if (sizeBytes >= RUN_BYTES_MAX) run()
        }
      })
      run()
      return outcomes.filter(outcome => outcome !== null)
    },
  }
}

/** What jq prints, a value a line; nothing when it ends with an error of its own. */
function linesOf(jq: Jq, input: string, program: string): readonly string[] {
  try {
    const text = jq.raw(input, program, ['-c']).trimEnd()
    return text === '' ? [] : text.split('\n')
  } catch {
    return []
  }
}

/** The document without raw line ends, so that a bad one cannot reach into the next; null when it does not parse. */
function oneLine(data: Uint8Array): string | null {
  const text = Buffer.from(data).toString('utf8')
  try {
    JSON.parse(text)
  } catch {
    return null
  }
  // Line ends of good JSON stand between tokens only.
  return text.replace(/[\r\n]+/g, ' ')
}

function outcomeOf(
  record: StreamRecord,
  line: string,
  keys: readonly string[],
  now: number,
): StreamRecord | FailedRecord {
  const result = JSON.parse(line) as { readonly o?: readonly unknown[]; readonly e?: string }
  if (result.o === undefined) return failed(record, result.e ?? 'jq gave nothing', now)
  const [value, second] = result.o
  if (typeof value !== 'object' || value === null) return failed(record, 'jq gave no object', now)
  if (second !== undefined) return failed(record, `jq gave ${result.o.length} objects; it must give one`, now)
  const values = value as Readonly<Record<string, unknown>>
  const queryKeys: Record<string, string> = {}
  for (const key of keys) {
    const found = Object.hasOwn(values, key) ? values[key] : null
    if (typeof found !== 'string' && typeof found !== 'number' && typeof found !== 'boolean')
      return failed(record, `key "${key}" is ${found === null ? 'null' : 'no text, number or boolean'}`, now)
    if (found === '') return failed(record, `key "${key}" is empty`, now)
    queryKeys[key] = String(found)
  }
  record.queryKeys = queryKeys
  return record
}

function failed(record: StreamRecord, message: string, now: number): FailedRecord {
  return {
    record,
    type: 'processing-failed',
    code: 'DynamicPartitioning.MetadataExtractionFailed',
    message,
    attempts: 1,
    endedAt: now,
    stage: 'MetadataExtraction',
  }
}
