/** Program text to its tree. Joins the productions, which lie in parse/ by what they read, and bounds the tree. */
import { SqlError, type TextSpan } from '../../core/errors.ts'
import type { ProgramNode, StatementNode } from './ast.ts'
import { lex } from './lex.ts'
import { TREE_HEIGHT_MAX } from './limits.ts'
import { parseExpression, parseValue } from './parse/expressions.ts'
import { parseQuery, parseQueryAfter } from './parse/queries.ts'
import { parseStatement } from './parse/statements.ts'
import { TokenReader } from './parse/token-reader.ts'
import { parseWindowReference } from './parse/windows.ts'

export interface ParseOptions {
  /** takes `LIMIT n` without ORDER BY: for rows that have an end to count from */
  readonly limitsAlone?: boolean
}

/**
 * Parses a whole program.
 * @throws SqlError `sql_syntax` at the first token that cannot stand where it does, `sql_limit` over the bounds of limits.ts
 */
export function parseProgram(text: string, { limitsAlone = false }: ParseOptions = {}): ProgramNode {
  const reader = new TokenReader(lex(text), {
    expression: parseExpression,
    value: parseValue,
    query: parseQuery,
    queryAfter: parseQueryAfter,
    windowReference: parseWindowReference,
    limitsAlone,
  })
  const statements: StatementNode[] = []
  for (;;) {
    while (reader.takeSymbol(';'));
    if (reader.isEnd()) return { statements }
    const statement = parseStatement(reader)
    checkHeight(statement)
    statements.push(statement)
    if (!reader.isEnd() && !reader.isSymbol(';')) reader.fail('";" or the end of the program')
  }
}

/** Chains of operators grow the tree without nesting the text; this walk itself must not recurse. */
function checkHeight(statement: StatementNode): void {
  const pending: { readonly node: object; readonly height: number; readonly span: TextSpan }[] = [
    { node: statement, height: 0, span: statement.span },
  ]
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    if (entry.height > TREE_HEIGHT_MAX) {
      throw new SqlError(
        'sql_limit',
        `statement is more than ${TREE_HEIGHT_MAX} operations deep`,
        entry.span,
        'shorten the chain of operators',
      )
    }
    for (const child of Object.values(entry.node)) {
      if (typeof child !== 'object' || child === null || child instanceof Uint8Array) continue
      const span = 'span' in child ? (child.span as TextSpan) : entry.span
      // Lists and positions are no level of their own.
      pending.push({ node: child, height: entry.height + ('kind' in child ? 1 : 0), span })
    }
  }
}
