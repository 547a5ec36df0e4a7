/** Changes and conditions as DynamoDB expressions. Every name is an alias: many attributes could be reserved words. */
import type { AttributeValue, ItemChange, ItemCondition } from '../item.ts'

/** The members of a request that carry an expression; what is empty is left out, as DynamoDB demands. */
export interface ExpressionInput {
  readonly UpdateExpression?: string
  readonly ConditionExpression?: string
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>
  readonly ExpressionAttributeValues?: Readonly<Record<string, AttributeValue>>
}

export function updateInput(change: ItemChange): ExpressionInput {
  const aliases = new Aliases()
  const condition = conditionText(aliases, change.conditions)
  const sets = Object.entries(change.set).map(([name, value]) => `${aliases.name(name)} = ${aliases.value(value)}`)
  const adds = Object.entries(change.add).map(
    ([name, by]) => `${aliases.name(name)} ${aliases.value({ N: String(by) })}`,
  )
  const removes = change.remove.map(name => aliases.name(name))
  const update = [clause('SET', sets), clause('ADD', adds), clause('REMOVE', removes)]
    .filter(text => text !== '')
    .join(' ')
  return { ...(update === '' ? {} : { UpdateExpression: update }), ...condition, ...aliases.input() }
}

export function conditionInput(conditions: readonly ItemCondition[]): ExpressionInput {
  const aliases = new Aliases()
  return { ...conditionText(aliases, conditions), ...aliases.input() }
}

function conditionText(aliases: Aliases, conditions: readonly ItemCondition[]): ExpressionInput {
  const texts = conditions.map(condition => {
    const name = aliases.name(condition.attribute)
    switch (condition.is) {
      case 'present':
        return `attribute_exists(${name})`
      case 'absent':
        return `attribute_not_exists(${name})`
      case 'equal':
        return `${name} = ${aliases.value(condition.value)}`
    }
  })
  return texts.length === 0 ? {} : { ConditionExpression: texts.join(' AND ') }
}

function clause(word: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${word} ${parts.join(', ')}`
}

class Aliases {
  readonly #names = new Map<string, string>()
  readonly #values: Record<string, AttributeValue> = {}
  #count = 0

  name(attribute: string): string {
    const alias = this.#names.get(attribute) ?? `#n${this.#names.size}`
    this.#names.set(attribute, alias)
    return alias
  }

  value(value: AttributeValue): string {
    const alias = `:v${this.#count++}`
    this.#values[alias] = value
    return alias
  }

  input(): ExpressionInput {
    return {
      ...(this.#names.size === 0
        ? {}
        : { ExpressionAttributeNames: Object.fromEntries([...this.#names].map(([name, alias]) => [alias, name])) }),
      ...(this.#count === 0 ? {} : { ExpressionAttributeValues: this.#values }),
    }
  }
}
