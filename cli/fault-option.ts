/** A rule of faults in one line: `throttle PutRecords,PutRecord rate=0.1`, `delay ms=20-200 rate=0.5`, `script PutRecords ok,throttle`. */
import { MillraceError } from '../core/index.ts'
import { type FaultRule, parseFaultRules } from '../streams/index.ts'

const NUMBERS = new Set(['rate', 'skip', 'times', 'status', 'share'])

/** @throws MillraceError `usage` with what the line should be */
export function parseFaultText(text: string): FaultRule[] {
  const [kind = '', ...words] = text.trim().split(/\s+/)
  const operations = words.filter(word => !word.includes('=')).flatMap(word => word.split(','))
  try {
    if (kind === 'script') {
      const [operation, ...steps] = operations
      return parseFaultRules({ operation, script: steps })
    }
    const rule: Record<string, unknown> = { kind }
    if (operations.length > 0) rule['operations'] = operations
    for (const word of words.filter(one => one.includes('='))) {
      const name = word.slice(0, word.indexOf('='))
      const value = word.slice(name.length + 1)
      if (name === 'ms') {
        const [least, most] = value.split('-').map(Number)
        rule['delayMs'] = least
        if (most !== undefined) rule['delayMsMax'] = most
      } else if (name === 'entries') rule[name] = value.split(',').map(Number)
      else rule[name] = NUMBERS.has(name) ? Number(value) : value
    }
    return parseFaultRules(rule)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    const why = error.message.replace(/^fault rule 1 /, '')
    throw new MillraceError('usage', `--fault "${text}": ${why}; write it like: throttle PutRecords rate=0.1`)
  }
}
