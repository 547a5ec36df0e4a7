/** Checks the members of a request in the way of the service: types first, then all constraints in one message. */
import { ServiceError } from './service-error.ts'

export interface Rule {
  /** `blob`: Base64 text in JSON, bytes in CBOR */
  readonly type: 'string' | 'blob' | 'integer' | 'timestamp' | 'boolean' | 'list' | 'structure'
  readonly required?: true
  /** smallest and largest: characters of a string, the value of a number, members of a list */
  readonly min?: number
  readonly max?: number
  /** must match as a whole */
  readonly pattern?: string
  readonly oneOf?: readonly string[]
}

export type Rules = Readonly<Record<string, Rule>>

export type Members = Readonly<Record<string, unknown>>

/** Reads a request's members by their rules; members without a rule are passed over. */
export class Input {
  readonly #members: Members

  /** @throws ServiceError SerializationException, ValidationException */
  constructor(value: unknown, rules: Rules) {
    this.#members = membersOf(value)
    for (const [name, rule] of Object.entries(rules)) checkType(this.#members[name], rule)
    const faults: string[] = []
    for (const [name, rule] of Object.entries(rules)) collectFaults(lowerFirst(name), this.#members[name], rule, faults)
    refuse(faults)
  }

  has(name: string): boolean {
    return this.#members[name] !== undefined && this.#members[name] !== null
  }

  text(name: string): string | undefined {
    const value = this.#members[name]
    return typeof value === 'string' ? value : undefined
  }

  number(name: string): number | undefined {
    const value = this.#members[name]
    return typeof value === 'number' ? value : undefined
  }

  /** false unless the member is true */
  flag(name: string): boolean {
    return this.#members[name] === true
  }

  /** every member as it is, for maps */
  get entries(): readonly (readonly [string, unknown])[] {
    return Object.entries(this.#members)
  }

  list(name: string): readonly unknown[] {
    const value = this.#members[name]
    return Array.isArray(value) ? value : []
  }

  structure(name: string, rules: Rules): Input | undefined {
    return this.has(name) ? new Input(this.#members[name], rules) : undefined
  }
}

/** @throws ServiceError ValidationException when there are faults */
export function refuse(faults: readonly string[]): void {
  if (faults.length === 0) return
  const count = `${faults.length} validation error${faults.length > 1 ? 's' : ''} detected`
  throw new ServiceError('ValidationException', `${count}: ${faults.join('; ')}`)
}

/** One sentence of a ValidationException. */
export function fault(value: unknown, path: string, constraint: string): string {
  const shown = value === undefined || value === null ? 'null' : `'${printed(value)}'`
  return `Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`
}

/** @throws ServiceError SerializationException when the value is no JSON object */
export function membersOf(value: unknown): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members
  throw new ServiceError('SerializationException', 'Start of structure expected')
}

/** @throws ServiceError SerializationException */
export function checkType(value: unknown, rule: Rule): void {
  if (value === undefined || value === null) return
  const isRight =
    rule.type === 'integer' || rule.type === 'timestamp'
      ? typeof value === 'number'
      : rule.type === 'list'
        ? Array.isArray(value)
        : rule.type === 'structure'
          ? typeof value === 'object' && !Array.isArray(value)
          : rule.type === 'blob'
            ? typeof value === 'string' || value instanceof Uint8Array
            : typeof value === rule.type
  if (isRight) return
  const found = Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a structure' : `a ${typeof value}`
  throw new ServiceError('SerializationException', `${found} can not be converted to a ${rule.type}`)
}

function collectFaults(path: string, value: unknown, rule: Rule, faults: string[]): void {
  if (value === undefined || value === null) {
    if (rule.required) faults.push(fault(value, path, 'Member must not be null'))
    return
  }
  if (rule.oneOf !== undefined && !rule.oneOf.includes(printed(value)))
    faults.push(fault(value, path, `Member must satisfy enum value set: [${rule.oneOf.join(', ')}]`))
  if (rule.pattern !== undefined && !new RegExp(`^(?:${rule.pattern})$`).test(printed(value)))
    faults.push(fault(value, path, `Member must satisfy regular expression pattern: ${rule.pattern}`))
  const isNumber = typeof value === 'number'
  const size = isNumber ? value : typeof value === 'string' || Array.isArray(value) ? value.length : 0
  const noun = isNumber ? 'value' : 'length'
  if (rule.min !== undefined && size < rule.min)
    faults.push(fault(value, path, `Member must have ${noun} greater than or equal to ${rule.min}`))
  if (rule.max !== undefined && size > rule.max)
    faults.push(fault(value, path, `Member must have ${noun} less than or equal to ${rule.max}`))
}

function printed(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? `[${value.length} members]` : 'structure'
}

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1)
}
