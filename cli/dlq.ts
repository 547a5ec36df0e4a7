/** `millrace dlq`: records that could not be delivered, and their second chance. */
import { MillraceError, nodeEnv, nodeFetch } from '../core/index.ts'
import {
  DeliveryStream,
  type ErrorRecord,
  errorFilter,
  errorObjectsIn,
  errorRecordsOf,
  type RedshiftDataLike,
  redrive,
  redrivenOf,
} from '../sinks/index.ts'
import { openBuckets, readDelivery } from './delivery-definition.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { type ObjectPlace, openPlace } from './object-place.ts'
import { type CommandOptions, parseDuration, parseWhole } from './options.ts'
import { tableText } from './table-text.ts'
import { count, openTerminal, type Terminal } from './terminal.ts'

/** Bytes of a record that are shown where it is no text. */
const HEX_BYTES = 256
const DAY_MS = 86_400_000

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const [action = '', text = ''] = args
  if (!['ls', 'show', 'redrive'].includes(action))
    throw new MillraceError('usage', `millrace dlq "${action}" is nothing; it is ls, show or redrive`)
  const wanted = errorFilter({
    stage: given['stage'],
    error: given['error'],
    since: given['since'] === undefined ? undefined : parseInstant('--since', given['since']),
    until: given['until'] === undefined ? undefined : parseInstant('--until', given['until']),
  })
  const place = await openPlace(text, given)
  const terminal = openTerminal()
  try {
    if (action === 'ls') return await list(place, wanted, given, terminal)
    if (action === 'show') return await show(place, wanted, given, terminal)
    return await redriveAll(place, wanted, given, terminal)
  } finally {
    place.close()
  }
}

/** An instant such as 2026-11-22 or 2026-11-22T10:00:00Z, or how long ago, such as 2h. Epoch milliseconds. */
export function parseInstant(option: string, text: string): number {
  const days = /^(\d+(?:\.\d+)?)d$/.exec(text)
  if (days !== null) return nodeEnv.clock.now() - Number(days[1]) * DAY_MS
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const at = Date.parse(/T\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text) ? `${text}Z` : text)
    if (!Number.isNaN(at)) return at
  }
  try {
    return nodeEnv.clock.now() - parseDuration(option, text)
  } catch (cause) {
    throw new MillraceError(
      'usage',
      `${option} "${text}" is no time; write 2026-11-22, 2026-11-22T10:00:00Z, or 2h for two hours ago`,
      {
        cause,
      },
    )
  }
}

/** Calls with each error record that is meant, object by object; what cannot be read is told and passed over. */
async function each(
  { store, prefix }: ObjectPlace,
  wanted: (record: ErrorRecord) => boolean,
  visit: (records: readonly ErrorRecord[], redriven: ReadonlySet<number>) => boolean,
): Promise<number> {
  let unreadable = 0
  for (const key of await errorObjectsIn(store, prefix)) {
    let records: readonly ErrorRecord[]
    try {
      records = (await errorRecordsOf(store, key)).filter(wanted)
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'unreadable_input') throw error
      unreadable++
      process.stderr.write(`millrace: ${error.message}; passed over\n`)
      continue
    }
    if (records.length > 0 && !visit(records, await redrivenOf(store, key))) break
  }
  return unreadable
}

interface Group {
  readonly type: string
  readonly code: string
  readonly objects: Set<string>
  records: number
  redriven: number
  firstAt: number
  lastAt: number
  readonly message: string
}

async function list(
  place: ObjectPlace,
  wanted: (record: ErrorRecord) => boolean,
  given: CommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const groups = new Map<string, Group>()
  const unreadable = await each(place, wanted, (records, redriven) => {
    for (const { type, code, message, key, index, failedAt, arrivedAt } of records) {
      const at = failedAt ?? arrivedAt ?? Number.NaN
      const name = `${type} ${code}`
      const group = groups.get(name) ?? {
        type,
        code,
        message,
        objects: new Set<string>(),
        records: 0,
        redriven: 0,
        firstAt: Number.POSITIVE_INFINITY,
        lastAt: Number.NEGATIVE_INFINITY,
      }
      groups.set(name, group)
      group.records++
      group.objects.add(key)
      if (redriven.has(index)) group.redriven++
      if (at < group.firstAt) group.firstAt = at
      if (at > group.lastAt) group.lastAt = at
    }
    return true
  })
  const all = [...groups.values()].sort((a, b) => b.records - a.records)
  if (given['json'] !== undefined)
    for (const { objects, firstAt, lastAt, ...group } of all)
      terminal.print(
        JSON.stringify({ ...group, objects: objects.size, firstAt: timeOf(firstAt), lastAt: timeOf(lastAt) }),
      )
  else {
    const rows = all.map(({ type, code, records, redriven, objects, firstAt, lastAt, message }) => [
      type,
      code,
      count(records),
      count(redriven),
      count(objects.size),
      timeOf(firstAt),
      timeOf(lastAt),
      oneLine(message, 60),
    ])
    for (const line of tableText(
      ['stage', 'error', 'records', 'redriven', 'objects', 'first', 'last', 'message'],
      rows,
    ))
      terminal.print(line)
    const total = all.reduce((sum, { records }) => sum + records, 0)
    const redriven = all.reduce((sum, one) => sum + one.redriven, 0)
    terminal.print(`${count(total)} failed records, ${count(redriven)} of them redriven`)
  }
  return unreadable === 0 ? EXIT.done : EXIT.failed
}

async function show(
  place: ObjectPlace,
  wanted: (record: ErrorRecord) => boolean,
  given: CommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  let left = parseWhole('--limit', given['limit'] ?? '20', 1, 1_000_000_000)
  const unreadable = await each(place, wanted, (records, redriven) => {
    for (const record of records) {
      if (left-- === 0) return false
      const { key, index, type, stage, code, message, attempts, arrivedAt, failedAt, rawData, details } = record
      const done = redriven.has(index)
      const data = dataText(rawData)
      if (given['json'] !== undefined) {
        const { rawData: _bytes, ...rest } = record
        terminal.print(JSON.stringify({ ...rest, redriven: done, ...data }))
        continue
      }
      terminal.print(`${key}#${index}${done ? '  (redriven)' : ''}`)
      terminal.print(`  ${type}${stage === '' ? '' : `, ${stage}`}, ${code}: ${oneLine(message, 400)}`)
      const times = `arrived ${timeOf(arrivedAt)}, failed ${timeOf(failedAt)}`
      terminal.print(`  ${times}, ${attempts} attempts, ${rawData.length} bytes`)
      const { millrace: _ours, ...more } = details
      if (Object.keys(more).length > 0) terminal.print(`  ${JSON.stringify(more)}`)
      for (const line of 'text' in data ? data.text.split('\n') : [`hex ${data.hex}`])
        terminal.print(`  | ${printable(line)}`)
    }
    return true
  })
  return unreadable === 0 ? EXIT.done : EXIT.failed
}

type RedshiftClient = RedshiftDataLike & { destroy(): void }

/** The client that runs COPY, with the AWS SDK's own configuration. */
async function openRedshift({ region }: CommandOptions): Promise<RedshiftClient> {
  // Few redrive into Redshift: the package is no dependency, so its types are not here either.
  const name: string = '@aws-sdk/client-redshift-data'
  const sdk = (await import(name).catch((cause: unknown) => {
    throw new MillraceError('config', `a redrive into Redshift needs the package ${name}: npm install ${name}`, {
      cause,
    })
  })) as { readonly RedshiftData: new (options: { region?: string }) => RedshiftClient }
  return new sdk.RedshiftData({ ...(region !== undefined && { region }) })
}

async function redriveAll(
  place: ObjectPlace,
  wanted: (record: ErrorRecord) => boolean,
  given: CommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const path = given['to']
  if (path === undefined)
    throw new MillraceError(
      'usage',
      'millrace dlq redrive needs --to FILE, the JSON of the delivery stream that takes the records',
    )
  const { definition, plan, conversion, transform } = await readDelivery(path, given)
  const redshift = plan.redshift === null ? null : await openRedshift(given)
  const buckets = await openBuckets(plan, given)
  const { clock, random } = nodeEnv
  try {
    const report = await redrive(
      {
        errors: place.store,
        random,
        // Only objects are staged.
        staged: plan.delivery === null && plan.redshift === null,
        store: buckets.store,
        stream: staging =>
          new DeliveryStream(
            { definition, ...(staging !== null && { staging }) },
            {
              clock,
              random,
              store: buckets.store,
              fetch: nodeFetch,
              onRetry: ({ message }) => void process.stderr.write(`millrace: ${message}; trying again\n`),
              ...(redshift !== null && { redshiftData: redshift }),
              ...(transform !== undefined && { transform }),
            },
            conversion,
          ),
        onRedriven: (key, records) => {
          if (given['json'] === undefined) terminal.print(`${key}: ${count(records)} records`)
        },
      },
      place.prefix,
      wanted,
    )
    const { redriven, before, recovered, failed, unreadable } = report
    if (given['json'] !== undefined) terminal.print(JSON.stringify(report))
    else {
      if (recovered > 0) terminal.print(`${count(recovered)} earlier redrives were finished`)
      terminal.print(
        `${count(redriven)} records redriven, ${count(failed)} of them failed again; ${count(before)} had been before`,
      )
    }
    for (const text of unreadable) process.stderr.write(`millrace: ${text}; passed over\n`)
    return failed === 0 && unreadable.length === 0 ? EXIT.done : EXIT.failed
  } finally {
    redshift?.destroy()
    buckets.close()
  }
}

/** Bytes as text where they are UTF-8, else their first ones in hexadecimal. */
function dataText(bytes: Uint8Array): { readonly text: string } | { readonly hex: string } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    const shown = Buffer.from(bytes.subarray(0, HEX_BYTES)).toString('hex')
    return { hex: bytes.length > HEX_BYTES ? `${shown}...` : shown }
  }
}

const timeOf = (at: number | null): string => (at === null || !Number.isFinite(at) ? '-' : new Date(at).toISOString())

/** What comes from data must not move the cursor. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\t]/gu, '\ufffd')
}

function oneLine(text: string, characters: number): string {
  const line = printable(text.replaceAll(/\s+/g, ' '))
  return line.length > characters ? `${line.slice(0, characters - 1)}…` : line
}
