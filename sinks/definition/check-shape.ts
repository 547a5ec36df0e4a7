/**
 * Checks a value from outside against its shape. Messages have the words of the service's ValidationException, with the path
 * as it writes it: the first letter of each member in lower case. Two things are stricter than the service, which ignores
 * members that it does not know and answers a wrong JSON type with a SerializationException of its own.
 */
import type { Problem } from '../problem.ts'
import type { Shape, StringShape } from './shape.ts'

/** Characters of a value that a message shows. */
const SHOWN_CHARACTERS_MAX = 80
/** Problems after which the rest is not looked at: a foreign file would fill pages. */
export const PROBLEMS_MAX = 100

/**
 * Adds one problem for each violation.
 * @param path of the value as configured, such as `ExtendedS3DestinationConfiguration.BufferingHints`; empty for the whole
 */
export function checkShape(value: unknown, shape: Shape, path: string, problems: Problem[]): void {
  if (problems.length >= PROBLEMS_MAX) return
  const fail = (constraint: string, shown = shownValue(value, shape)): void =>
    void problems.push({
      path,
      code: 'VALIDATION',
      message: `Value ${shown} at '${wirePath(path)}' failed to satisfy constraint: ${constraint}`,
    })
  switch (shape.kind) {
    case 'string':
      if (typeof value !== 'string') return fail('Member must be a string')
      return checkText(value, shape, fail)
    case 'integer':
    case 'double':
    case 'timestamp':
      if (shape.kind === 'timestamp' && typeof value === 'string' && !Number.isNaN(Date.parse(value))) return
      if (typeof value !== 'number' || !Number.isFinite(value)) return fail('Member must be a number')
      if (shape.kind === 'integer' && !Number.isSafeInteger(value)) return fail('Member must be an integer')
      if (value < shape.min) return fail(`Member must have value greater than or equal to ${shape.min}`)
      if (value > shape.max) return fail(`Member must have value less than or equal to ${shape.max}`)
      return
    case 'boolean':
      if (typeof value !== 'boolean') fail('Member must be a boolean')
      return
    case 'list':
      if (!Array.isArray(value)) return fail('Member must be a list')
      checkCount(value.length, shape.min, shape.max, constraint => fail(constraint, `of ${value.length} items`))
      value.forEach((item, index) => checkShape(item, shape.item, `${path}.${index + 1}.member`, problems))
      return
    case 'map':
      if (!isObject(value)) return fail('Member must be a map')
      for (const [key, item] of Object.entries(value)) {
        checkShape(key, shape.key, `${path}.key`, problems)
        checkShape(item, shape.value, `${path}.${key}.value`, problems)
      }
      return
    case 'structure':
      if (!isObject(value)) return fail('Member must be a structure')
      return checkMembers(value, shape, path, problems)
  }
}

function checkMembers(
  value: Readonly<Record<string, unknown>>,
  shape: Extract<Shape, { kind: 'structure' }>,
  path: string,
  problems: Problem[],
): void {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`)
  for (const [name, member] of Object.entries(shape.required)) {
    // A null is a member that was not given, as in every JSON of AWS.
    if (value[name] !== undefined && value[name] !== null) checkShape(value[name], member, at(name), problems)
    else
      problems.push({
        path: at(name),
        code: 'VALIDATION',
        message: `Value null at '${wirePath(at(name))}' failed to satisfy constraint: Member must not be null`,
      })
  }
  const known = Object.keys({ ...shape.required, ...shape.optional })
  for (const [name, member] of Object.entries(value)) {
    const optional = Object.hasOwn(shape.optional, name) ? shape.optional[name] : undefined
    if (optional !== undefined && member !== undefined && member !== null)
      checkShape(member, optional, at(name), problems)
    if (known.includes(name) || member === undefined) continue
    const near = known.find(other => other.toLowerCase() === name.toLowerCase())
    problems.push({
      path: at(name),
      code: 'VALIDATION',
      message: `Unknown member '${wirePath(at(name))}'; ${near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`}`,
    })
  }
}

function checkText(value: string, shape: StringShape, fail: (constraint: string) => void): void {
  if (shape.values !== null) {
    if (!shape.values.includes(value)) fail(`Member must satisfy enum value set: [${shape.values.join(', ')}]`)
    return
  }
  checkCount(value.length, shape.min, shape.max, fail)
  if (shape.pattern !== null && !new RegExp(`^(?:${shape.pattern})$`, 'u').test(value))
    fail(`Member must satisfy regular expression pattern: ${shape.pattern}`)
}

function checkCount(length: number, min: number, max: number, fail: (constraint: string) => void): void {
  if (length < min) fail(`Member must have length greater than or equal to ${min}`)
  if (length > max) fail(`Member must have length less than or equal to ${max}`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shownValue(value: unknown, shape: Shape): string {
  if (shape.kind === 'string' && shape.secret) return "'***'"
  const written = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  const shown = written.length <= SHOWN_CHARACTERS_MAX ? written : `${written.slice(0, SHOWN_CHARACTERS_MAX)}...`
  return value === null ? 'null' : `'${shown}'`
}

function wirePath(path: string): string {
  return path.replace(/(^|\.)([A-Z])/g, (_, dot: string, letter: string) => dot + letter.toLowerCase())
}
