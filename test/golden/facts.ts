/**
 * What a golden program uses, read from its tokens and its tree, as words: `KIND` for each node, `KIND.PROPERTY=VALUE` for its
 * names and choices, `KIND.PROPERTY` for what is true or there, `type:NAME`, `comment:..`, `token:..`, `error:NAME` for error
 * rows that are expected of it, `input:FILE`, `header:..`, the same of its plan behind `plan `, and the names of its `-- covers:` lines.
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { lex } from '../../processors/sql/lex.ts'
import { parseProgram } from '../../processors/sql/parse.ts'
import { bodyOf, compileGolden, type GoldenProgram } from './golden.ts'

const TEXT_MAX = 40

export function factsOf(program: GoldenProgram): ReadonlySet<string> {
  const facts = new Set(program.covers)
  // A refused program shows what it says it shows.
  if (program.input === null) return facts
  const body = bodyOf(program)
  const plain = body.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, found => (found.startsWith("'") ? "''" : '""'))
  if (/(^|[^-])--/.test(plain)) facts.add('comment:--')
  if (plain.includes('//')) facts.add('comment://')
  if (plain.includes('/*')) facts.add('comment:/*')
  for (const { kind, text } of lex(program.text)) {
    facts.add(`token:${kind}`)
    if (kind === 'word' || kind === 'symbol') facts.add(`token:${text}`)
  }
  collect(parseProgram(program.text), facts)
  const planned = new Set<string>()
  collect(compileGolden(program).plan.pumps, planned)
  for (const fact of planned) facts.add(`plan ${fact}`)
  facts.add(`input:${basename(program.input)}`)
  if (program.parallelism > 1) facts.add('header:parallelism')
  if (program.tables.length > 0) facts.add('header:reference')
  if (program.schema.format.kind === 'CSV') facts.add('header:csv')
  if (readFileSync(program.input, 'utf8').trim() === '') facts.add('header:empty')
  if (existsSync(program.expectedPath))
    for (const [, name] of readFileSync(program.expectedPath, 'utf8').matchAll(/"ERROR_NAME":"(\w+)"/g))
      facts.add(`error:${name}`)
  return facts
}

/** Walks whatever the parser made; a node of a new kind needs nothing here. */
function collect(value: unknown, facts: Set<string>, owner = ''): void {
  if (Array.isArray(value)) for (const item of value) collect(item, facts, owner)
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return
  const members = new Map<string, unknown>(Object.entries(value))
  const kind = members.get('kind')
  const here = typeof kind === 'string' ? kind : owner
  facts.add(here)
  for (const fact of special(here, members)) facts.add(fact)
  for (const [key, member] of members) {
    if (key === 'span' || key.endsWith('Span') || key === 'kind') continue
    const name = nameOf(member)
    if (name !== null) {
      facts.add(`${here}.${key}`)
      if (name.length <= TEXT_MAX) facts.add(`${here}.${key}=${name}`)
      continue
    }
    if (member === null || member === false || (Array.isArray(member) && member.length === 0)) continue
    facts.add(`${here}.${key}`)
    if (typeof member === 'number' && member !== 0) facts.add(`${here}.${key}<>0`)
    if (typeof member === 'object' && 'kind' in member) facts.add(`${here}.${key}>${String(member.kind)}`)
    if (key === 'type' && typeof member === 'object' && 'kind' in member) {
      facts.add(`type:${String(member.kind)}`)
      continue
    }
    // Units and bounds lie in objects without a kind of their own.
    collect(member, facts, typeof kind === 'string' && !Array.isArray(member) ? `${here}.${key}` : here)
  }
}

/** What is seen only by looking at several members at once. */
function special(kind: string, members: ReadonlyMap<string, unknown>): readonly string[] {
  const has = (key: string): boolean => members.get(key) === true
  const name = nameOf(members.get('name')) ?? ''
  if (kind === 'spec' && members.get('frame') === null) return ['spec without a frame']
  if (kind === 'set') return [`set ${String(members.get('operator'))}${has('all') ? ' ALL' : ''}`]
  if (kind === 'call' && has('distinct')) return [`call ${name} DISTINCT`]
  if (kind === 'call' && name === 'COUNT' && !has('star')) return ['call COUNT of a column']
  const from = members.get('from')
  if (kind === 'select' && Array.isArray(from) && from.length > 1) return ['comma join']
  if (kind === 'join' && members.has('leftWindow')) {
    const windows = [members.get('leftWindow'), members.get('rightWindow')].filter(isWide)
    return [`join windows ${windows.length}`]
  }
  const type = members.get('type')
  const isInteger = typeof type === 'object' && type !== null && 'kind' in type && /INT/.test(String(type.kind))
  return name === 'AVG' && isInteger ? ['AVG of integers'] : []
}

function isWide(window: unknown): boolean {
  if (typeof window !== 'object' || window === null) return false
  return ('keptMs' in window && window.keptMs !== 0) || ('count' in window && window.count !== 0)
}

function nameOf(member: unknown): string | null {
  if (typeof member === 'string') return member
  if (typeof member === 'object' && member !== null && 'quoted' in member && 'text' in member)
    return String(member.text)
  return null
}
