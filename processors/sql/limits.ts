/** Bounds on a program text. Whatever is over them is refused with a position, before it can cost time or stack. */

/** AWS developer guide, Limits: "the SQL code in an application is limited to 100 KB". */
export const PROGRAM_CHARACTERS_MAX = 102_400
/** Tokens of a program. A dense program of the largest size has about 25,000. */
export const TOKENS_MAX = 50_000
/** Parentheses, subqueries and CASE within each other. Each level costs the parser about ten stack frames. */
export const NESTING_MAX = 150
/** Height of the tree of one statement, chains of operators included. Everything that reads the tree recurses over it. */
export const TREE_HEIGHT_MAX = 600
/** AWS developer guide, Limits: characters of the name of a stream, column or pump. */
export const NAME_CHARACTERS_MAX = 128
/** Items of one list (select items, IN lists, rows of VALUES). AWS developer guide: 1,000 columns. */
export const LIST_ITEMS_MAX = 10_000
/** Nodes of one bound expression: BETWEEN, IN and simple CASE repeat their operand, so nesting them multiplies. */
export const EXPRESSION_NODES_MAX = 100_000
/** Rows that LIMIT keeps of one window, which are held and sorted at once. */
export const LIMIT_ROWS_MAX = 1_000_000
/** Levels of one bound expression: calls of functions put bodies into each other. */
export const EXPRESSION_HEIGHT_MAX = 1_000
/** Operations that all calls of functions of one program put in place together. */
export const INLINED_NODES_MAX = 500_000
