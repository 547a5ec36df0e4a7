/**
 * Values of a CloudFormation template: literals as they are, Fn::Join and Fn::Sub of literals as their text, everything else
 * as an `Unresolved` that whoever needs the value turns into an error with its path.
 */

/** A template expression whose value only a deployment knows. */
export class Unresolved {
  /** the expression as JSON, shortened */
  readonly text: string
  constructor(expression: unknown) {
    const text = JSON.stringify(expression)
    this.text = text.length > 80 ? `${text.slice(0, 77)}...` : text
  }
}

/** Nesting of a definition at most; deeper values count as unresolved. */
const NESTING_MAX = 64

/** A copy of a value with its expressions resolved. */
export function resolveTemplate(value: unknown, depth = 0): unknown {
  if (depth > NESTING_MAX) return new Unresolved('nesting deeper than 64 levels')
  if (Array.isArray(value)) return value.map(item => resolveTemplate(item, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
  const [first] = members
  if (members.length === 1 && first !== undefined && (first[0] === 'Ref' || first[0].startsWith('Fn::'))) {
    const argument = resolveTemplate(first[1], depth + 1)
    if (first[0] === 'Fn::Join') return joined(argument) ?? new Unresolved(value)
    if (first[0] === 'Fn::Sub') return substituted(argument) ?? new Unresolved(value)
    return new Unresolved(value)
  }
  // fromEntries defines its members, so that a member called __proto__ stays one
  return Object.fromEntries(members.map(([name, member]) => [name, resolveTemplate(member, depth + 1)]))
}

function joined(argument: unknown): string | null {
  if (!Array.isArray(argument) || argument.length !== 2) return null
  const [delimiter, parts] = argument as readonly unknown[]
  if (typeof delimiter !== 'string' || !Array.isArray(parts)) return null
  const texts = parts.map(literalText)
  return texts.every(text => text !== null) ? texts.join(delimiter) : null
}

/** `${Name}` from the map of the long form; `${!Name}` is the text `${Name}`. */
function substituted(argument: unknown): string | null {
  const [text, given] = Array.isArray(argument) ? (argument as readonly unknown[]) : [argument, {}]
  if (typeof text !== 'string' || typeof given !== 'object' || given === null) return null
  const values = new Map(Object.entries(given))
  let complete = true
  const result = text.replace(/\$\{(!?)([^}]*)\}/g, (_whole, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`
    const value = literalText(values.get(name.trim()))
    if (value === null) complete = false
    return value ?? ''
  })
  return complete ? result : null
}

function literalText(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}
