/** Which calls of a question make one value of many rows. */
import type { ExpressionNode } from '../sql/ast.ts'

type Call = Extract<ExpressionNode, { kind: 'call' }>

const AGGREGATES: ReadonlySet<string> = new Set(['COUNT', 'SUM', 'AVG', 'MIN', 'MAX'])

export function isAggregate({ name }: Call): boolean {
  return !name.quoted && AGGREGATES.has(name.text)
}

/** The first such call in an expression. The walk does not recurse: trees may be hundreds of nodes high. */
export function aggregateIn(expression: ExpressionNode): Call | null {
  const pending: object[] = [expression]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if ('kind' in node && node.kind === 'call' && isAggregate(node as Call)) return node as Call
    for (const child of Object.values(node))
      if (typeof child === 'object' && child !== null && !(child instanceof Uint8Array)) pending.push(child as object)
  }
  return null
}
