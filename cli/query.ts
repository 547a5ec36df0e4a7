/** `millrace query`: one question about the results of a running pipeline; a line of JSON for each row, or a table. */
import { MillraceError } from '../core/index.ts'
import type { QuestionAnswer, TableCell } from '../dashboards/index.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { LiveClient, terminalText } from './live-client.ts'
import type { CommandOptions } from './options.ts'
import { tableText } from './table-text.ts'

type Answer = QuestionAnswer | { readonly problem: string }

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const answer = await new LiveClient(given).json<Answer>('/api/v1/sql', {
    body: { sql: args[0] ?? '' },
  })
  if ('problem' in answer) throw new MillraceError('invalid_argument', answer.problem)
  const { columns, rows, isCut } = answer
  if (given['table'] !== undefined) {
    const text = (cell: TableCell): string => terminalText(cell === null ? 'null' : String(cell))
    process.stdout.write(
      `${tableText(
        columns.map(text),
        rows.map(row => row.map(text)),
      ).join('\n')}\n`,
    )
  } else {
    const names = distinctNames(columns)
    for (const row of rows)
      process.stdout.write(
        `${JSON.stringify(Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])))}\n`,
      )
  }
  if (isCut) process.stderr.write('there are more rows; these are the most that one answer holds\n')
  return EXIT.done
}

/** An object has each name once: the second `N` is `N_2`. */
function distinctNames(columns: readonly string[]): readonly string[] {
  const taken = new Set(columns)
  const seen = new Set<string>()
  return columns.map(name => {
    let distinct = name
    for (let next = 2; seen.has(distinct) || (distinct !== name && taken.has(distinct)); next++)
      distinct = `${name}_${next}`
    seen.add(distinct)
    return distinct
  })
}
