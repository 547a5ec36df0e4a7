/** `millrace check`: compiles a program and prints its plan. */
import { MillraceError, nodeEnv } from '../core/index.ts'
import { explainProgram, requireStateless } from '../processors/index.ts'
import { EXIT, type ExitCode, withSource } from './exit.ts'
import type { CommandOptions } from './options.ts'
import { readApplication } from './replay.ts'
import { openTerminal } from './terminal.ts'

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  // Nothing runs, so the function in front of the input is not needed.
  const { application } = await readApplication(String(args[0]), { preprocess: 'none', ...given }, nodeEnv)
  if (given['host'] === 'lambda')
    withSource({ file: String(args[0]), text: application.text }, () =>
      requireStateless(application.plan, 'a Lambda function'),
    )
  else if (given['host'] !== undefined)
    throw new MillraceError(
      'usage',
      `--host ${String(given['host'])} is none that a program could be checked for; give lambda`,
    )
  const terminal = openTerminal()
  for (const warning of application.warnings) terminal.print(`warning: ${warning}`)
  terminal.print(explainProgram(application.plan))
  return EXIT.done
}
