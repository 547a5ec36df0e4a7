/** Calls, and the forms that look like calls but have words between their arguments. */
import type { ExpressionNode, Name } from '../ast.ts'
import { isReserved } from '../reserved-words.ts'
import { parseUnit } from './literals.ts'
import type { TokenReader } from './token-reader.ts'
import { parseType } from './types.ts'

/** Reserved words that are called like functions. */
const CALLED: ReadonlySet<string> = new Set(
  `ABS ANY AVG CARDINALITY CEIL CEILING CHARACTER_LENGTH CHAR_LENGTH COALESCE CORR COUNT COVAR_POP COVAR_SAMP CUME_DIST
DENSE_RANK EVERY EXP EXP_AVG FIRST_VALUE FLOOR GROUPING INITCAP LAST_VALUE LN LOWER MAX MIN MOD NTH_VALUE NULLIF
OCTET_LENGTH PERCENT_RANK PERCENTILE_CONT PERCENTILE_DISC POWER RANK REGR_AVGX REGR_AVGY REGR_COUNT REGR_INTERCEPT REGR_R2
REGR_SLOPE REGR_SXX REGR_SXY ROW_NUMBER SOME SQRT STDDEV STDDEV_POP STDDEV_SAMP SUM TRANSLATE TRUNCATE UPPER VAR_POP
VAR_SAMP WIDTH_BUCKET`.split(/\s+/),
)

const SPECIAL: Readonly<Record<string, (reader: TokenReader, name: Name) => ExpressionNode>> = {
  CAST: parseCast,
  EXTRACT: parseExtract,
  FLOOR: parseRound,
  CEIL: parseRound,
  CEILING: parseRound,
  STEP: parseStep,
  SUBSTRING: parseSubstring,
  TRIM: parseTrim,
  POSITION: parsePosition,
  OVERLAY: parseOverlay,
}

/** A call at a name with "(" behind it, or null where the reserved word is no function. */
export function parseCall(reader: TokenReader): ExpressionNode | null {
  const { token } = reader
  const special = token.kind === 'word' ? SPECIAL[token.text] : undefined
  if (token.kind === 'word' && special === undefined && isReserved(token.text) && !CALLED.has(token.text)) return null
  reader.advance()
  reader.advance()
  const name: Name = { text: token.text, quoted: token.kind === 'quoted', span: token.span }
  return special === undefined ? parsePlainCall(reader, name) : special(reader, name)
}

/** The arguments and what may follow them; "(" is read. */
function parsePlainCall(reader: TokenReader, name: Name, first: ExpressionNode | null = null): ExpressionNode {
  let star = false
  let distinct = false
  let args: readonly ExpressionNode[] = []
  if (first !== null) {
    args = reader.takeSymbol(',') ? [first, ...reader.list(() => reader.expression())] : [first]
  } else if (reader.isSymbol('*') && reader.isSymbolAt(1, ')')) {
    reader.advance()
    star = true
  } else if (!reader.isSymbol(')')) {
    distinct = reader.takeOneOf('DISTINCT', 'ALL') === 'DISTINCT'
    args = reader.list(() => reader.expression())
  }
  reader.expectSymbol(')', `after the arguments of ${name.text}`)
  let fromLast = false
  if (name.text === 'NTH_VALUE' && reader.isWord('FROM') && reader.isWordAt(1, 'FIRST', 'LAST')) {
    reader.advance()
    fromLast = reader.advance().text === 'LAST'
  }
  let nulls: 'RESPECT' | 'IGNORE' | null = null
  if (reader.isWord('RESPECT', 'IGNORE') && reader.isWordAt(1, 'NULLS')) {
    nulls = reader.advance().text === 'IGNORE' ? 'IGNORE' : 'RESPECT'
    reader.advance()
  }
  let filter: ExpressionNode | null = null
  if (reader.isWord('FILTER') && reader.isSymbolAt(1, '(')) {
    reader.advance()
    reader.advance()
    reader.expectWord('WHERE', 'in FILTER')
    filter = reader.expression()
    reader.expectSymbol(')', 'after the condition of FILTER')
  }
  const over = reader.takeWords('OVER') ? reader.windowReference() : null
  return {
    kind: 'call',
    name,
    star,
    distinct,
    args,
    fromLast,
    nulls,
    filter,
    over,
    span: reader.spanFrom(name.span),
  }
}

function parseCast(reader: TokenReader, name: Name): ExpressionNode {
  const operand = reader.expression()
  reader.expectWord('AS', 'after the value of CAST')
  const type = parseType(reader, true)
  reader.expectSymbol(')', 'after the type of CAST')
  return { kind: 'cast', operand, type, span: reader.spanFrom(name.span) }
}

function parseExtract(reader: TokenReader, name: Name): ExpressionNode {
  const unit = parseUnit(reader)
  reader.expectWord('FROM', 'after the unit of EXTRACT')
  const operand = reader.expression()
  reader.expectSymbol(')', 'after the value of EXTRACT')
  return { kind: 'extract', unit, operand, span: reader.spanFrom(name.span) }
}

/** `FLOOR(x)`, `FLOOR(x TO unit)` */
function parseRound(reader: TokenReader, name: Name): ExpressionNode {
  const operand = reader.expression()
  if (!reader.takeWords('TO')) return parsePlainCall(reader, name, operand)
  const unit = parseUnit(reader)
  reader.expectSymbol(')', `after the unit of ${name.text}`)
  const rounding = name.text === 'FLOOR' ? 'FLOOR' : 'CEIL'
  return { kind: 'round-to', function: rounding, operand, unit, span: reader.spanFrom(name.span) }
}

/** `STEP(x BY y)` */
function parseStep(reader: TokenReader, name: Name): ExpressionNode {
  const operand = reader.expression()
  if (!reader.takeWords('BY')) reader.fail("BY after the value of STEP, as in STEP(s.ROWTIME BY INTERVAL '10' SECOND)")
  const by = reader.expression()
  reader.expectSymbol(')', 'after the size of STEP')
  return { kind: 'step', operand, by, span: reader.spanFrom(name.span) }
}

function parseSubstring(reader: TokenReader, name: Name): ExpressionNode {
  const operand = reader.value()
  let form: 'from' | 'comma' | 'similar' = 'from'
  let from: ExpressionNode
  let count: ExpressionNode | null = null
  if (reader.takeWords('FROM')) {
    from = reader.expression()
    if (reader.takeWords('FOR')) count = reader.expression()
  } else if (reader.takeWords('SIMILAR')) {
    form = 'similar'
    reader.takeWords('TO')
    from = reader.value()
    reader.expectWord('ESCAPE', 'after the pattern of SUBSTRING')
    count = reader.value()
  } else if (reader.takeSymbol(',')) {
    form = 'comma'
    from = reader.expression()
    if (reader.takeSymbol(',')) count = reader.expression()
  } else {
    reader.fail('FROM, "," or SIMILAR after the text of SUBSTRING')
  }
  reader.expectSymbol(')', 'after the arguments of SUBSTRING')
  return { kind: 'substring', form, operand, from, count, span: reader.spanFrom(name.span) }
}

/** `TRIM([[LEADING | TRAILING | BOTH] [c] FROM] s)` */
function parseTrim(reader: TokenReader, name: Name): ExpressionNode {
  const side = reader.takeOneOf('LEADING', 'TRAILING', 'BOTH')
  let character: ExpressionNode | null = null
  let operand: ExpressionNode
  if (side !== null && reader.takeWords('FROM')) {
    operand = reader.expression()
  } else {
    operand = reader.expression()
    if (reader.takeWords('FROM')) {
      character = operand
      operand = reader.expression()
    } else if (side !== null) {
      reader.fail(`FROM after the character of TRIM`)
    }
  }
  reader.expectSymbol(')', 'after the arguments of TRIM')
  return { kind: 'trim', side: side ?? 'BOTH', character, operand, span: reader.spanFrom(name.span) }
}

function parsePosition(reader: TokenReader, name: Name): ExpressionNode {
  const sought = reader.value()
  reader.expectWord('IN', 'after the text that POSITION seeks')
  const operand = reader.expression()
  reader.expectSymbol(')', 'after the arguments of POSITION')
  return { kind: 'position', sought, operand, span: reader.spanFrom(name.span) }
}

function parseOverlay(reader: TokenReader, name: Name): ExpressionNode {
  const operand = reader.expression()
  reader.expectWord('PLACING', 'after the text of OVERLAY')
  const placing = reader.expression()
  reader.expectWord('FROM', 'after the replacement of OVERLAY')
  const from = reader.expression()
  const count = reader.takeWords('FOR') ? reader.expression() : null
  reader.expectSymbol(')', 'after the arguments of OVERLAY')
  return { kind: 'overlay', operand, placing, from, count, span: reader.spanFrom(name.span) }
}
