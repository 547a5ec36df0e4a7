/**
 * What a golden program uses, read from its tokens and its tree, as words: `KIND` for each node, `KIND.PROPERTY=VALUE` for its
 * names and choices, `KIND.PROPERTY` for what is true or there, `type:NAME`, `comment:..`, `token:..`, `error:NAME` for error
 * rows that are expected of it, `header:..`, and the names of its `-- covers:` lines.
 */
import { existsSync, readFileSync } from 'node:fs'
import { lex } from '../../processors/sql/lex.ts'
import { parseProgram } from '../../processors/sql/parse.ts'
import { bodyOf, type GoldenProgram } from './golden.ts'

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
    if (key === 'type' && typeof member === 'object' && 'kind' in member) {
      facts.add(`type:${String(member.kind)}`)
      continue
    }
    // Units and bounds lie in objects without a kind of their own.
    collect(member, facts, typeof kind === 'string' && !Array.isArray(member) ? `${here}.${key}` : here)
  }
}

function nameOf(member: unknown): string | null {
  if (typeof member === 'string') return member
  if (typeof member === 'object' && member !== null && 'quoted' in member && 'text' in member)
    return String(member.text)
  return null
}
