/**
 * Undoes the nesting of operators. The grammar hangs `a + b offset 5m * c` as if the offset belonged to the sum, which is good enough to
 * colour text in an editor; what stands between parentheses and commas is therefore read once more, as a row of items in the order of the
 * text, and nested by precedence in `parse.ts`.
 */
import type { SyntaxNode } from '@lezer/common'

export type Item =
  | { readonly kind: 'operand'; readonly node: SyntaxNode }
  | { readonly kind: 'sign'; readonly negative: boolean; readonly at: number }
  | { readonly kind: 'number'; readonly text: string; readonly at: number }
  /** `[5m]`, `[5m:1m]`, `offset 5m`, `@ 5`, with the node that carries it */
  | { readonly kind: 'postfix'; readonly node: SyntaxNode; readonly at: number }
  | { readonly kind: 'binary'; readonly node: SyntaxNode; readonly operator: SyntaxNode }

const POSTFIX: ReadonlySet<string> = new Set([
  'OffsetExpr',
  'StepInvariantExpr',
  'MatrixSelector',
  'SubqueryExpr',
  'AnchoredExpr',
  'SmoothedExpr',
])

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== 'LineComment') children.push(child)
  return children
}

/** The items of an expression node, in the order of the text. */
export function flatten(query: string, root: SyntaxNode): Item[] {
  const items: Item[] = []
  // A stack of its own: a sum of thousands of terms is as deep as it is long.
  const work: (SyntaxNode | Item)[] = [root]
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if ('kind' in next) {
      items.push(next)
      continue
    }
    const node = next
    const children = childrenOf(node)
    const [first, second] = children
    if (node.name === 'BinaryExpr' && first !== undefined && second !== undefined) {
      const last = children.at(-1)
      if (last !== undefined) work.push(last)
      work.push({ kind: 'binary', node, operator: second }, first)
    } else if (node.name === 'UnaryExpr' && first !== undefined && second !== undefined)
      work.push(second, { kind: 'sign', negative: query[first.from] === '-', at: first.from })
    else if (POSTFIX.has(node.name) && first !== undefined) work.push({ kind: 'postfix', node, at: first.to }, first)
    else if (node.name === 'NumberDurationLiteral') {
      const text = query.slice(node.from, node.to)
      const sign = /^[-+]\s*/.exec(text)?.[0] ?? ''
      work.push({ kind: 'number', text: text.slice(sign.length), at: node.from + sign.length })
      if (sign !== '') work.push({ kind: 'sign', negative: sign.startsWith('-'), at: node.from })
    } else work.push({ kind: 'operand', node })
  }
  return items
}
