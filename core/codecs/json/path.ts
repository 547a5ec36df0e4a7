/**
 * The paths of a JSON mapping (AWS guide, "Mapping Source Elements to Column Values").
 *
 *   path ::= '$' { '.' name | "['" name "']" | '[0:]' }
 *
 * A name is any run of characters without `.` and `[`, case-sensitive; every name is an ordinary name, `__proto__` included.
 */

/** Steps of a path at most, and levels of nesting in a document at most. */
export const DEPTH_MAX = 64

/** A step into an object by name, or to the elements of an array. */
export type PathStep = { readonly name: string } | 'elements'

/** The steps of a path, or a sentence saying what is wrong with it. */
export function parsePath(text: string): readonly PathStep[] | string {
  if (!text.startsWith('$')) return `must start with $, such as $.price`
  const steps: PathStep[] = []
  const token = /\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\[0:\]/y
  token.lastIndex = 1
  while (token.lastIndex < text.length) {
    const at = token.lastIndex
    const match = token.exec(text)
    if (match === null)
      return `cannot be read from character ${at + 1} on (${JSON.stringify(text.slice(at, at + 20))}); steps are .name, ['name'] and [0:]`
    const name = match[1] ?? (match[2] ?? match[3])?.replace(/\\(.)/g, '$1')
    if (name === '*') return 'cannot hold the wildcard *; name each member'
    steps.push(name === undefined ? 'elements' : { name })
  }
  if (steps.length > DEPTH_MAX) return `has ${steps.length} steps; at most ${DEPTH_MAX} are read`
  if (steps.filter(step => step === 'elements').length > 1) return 'holds [0:] more than once; one level is flattened'
  return steps
}

/** A column's way to its value: first to the list that is flattened, if it touches it, then by names. */
export interface ColumnPath {
  /** true: the steps start at the element of the list; false: at the row's root */
  readonly fromElement: boolean
  readonly names: readonly string[]
  /** true for `$.list[0:]` as one cell: the value must be an array */
  readonly wholeArray: boolean
}

/** How rows come out of a document. */
export interface RowPlan {
  /** names to the record root, from the document */
  readonly rootNames: readonly string[]
  /** true: the record root is an array, and each element is a row */
  readonly rootElements: boolean
  /** names from the row's root to the array that is flattened, or null */
  readonly listNames: readonly string[] | null
  readonly columns: readonly ColumnPath[]
}

export interface RowPlanProblem {
  /** index of the column, or -1 for RecordRowPath */
  readonly column: number
  /** what is wrong and what to do */
  readonly text: string
}

/** The plan for a RecordRowPath and one Mapping a column; problems are added to the list, and the plan is then of no use. */
export function planRows(recordRowPath: string, mappings: readonly string[], problems: RowPlanProblem[]): RowPlan {
  const root = stepsOf(recordRowPath, -1, problems)
  const rootElements = root.at(-1) === 'elements'
  if (root.indexOf('elements') >= 0 && root.indexOf('elements') !== root.length - 1)
    problems.push({ column: -1, text: `"${recordRowPath}" may hold [0:] only at its end` })
  let listNames: readonly string[] | null = null
  let listText = ''
  const columns = mappings.map((mapping, column): ColumnPath => {
    const steps = stepsOf(mapping, column, problems)
    const split = steps.indexOf('elements')
    if (split < 0) return { fromElement: false, names: namesOf(steps), wholeArray: false }
    const before = namesOf(steps.slice(0, split))
    if (split === steps.length - 1) return { fromElement: false, names: before, wholeArray: true }
    if (rootElements)
      problems.push({
        column,
        text: `"${mapping}" flattens a second array: RecordRowPath already makes a row of each element`,
      })
    if (listNames === null) {
      listNames = before
      listText = mapping
    } else if (JSON.stringify(listNames) !== JSON.stringify(before))
      problems.push({
        column,
        text: `"${mapping}" flattens another array than "${listText}"; one array a schema is flattened`,
      })
    return { fromElement: true, names: namesOf(steps.slice(split + 1)), wholeArray: false }
  })
  return { rootNames: namesOf(root), rootElements, listNames, columns }
}

function stepsOf(text: string, column: number, problems: RowPlanProblem[]): readonly PathStep[] {
  const steps = parsePath(text)
  if (typeof steps !== 'string') return steps
  problems.push({ column, text: `"${text}" ${steps}` })
  return []
}

function namesOf(steps: readonly PathStep[]): readonly string[] {
  return steps.filter(step => step !== 'elements').map(step => step.name)
}
