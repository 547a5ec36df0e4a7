/** Programs started by a Node process. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Processes, ProcessIdentity } from '../env.ts'
import { MillraceError } from '../errors.ts'

/** Field of /proc/PID/stat with the start of the process, counted from the one after the name (proc(5): field 22). */
const START_FIELD = 19

async function identityOf(pid: number): Promise<ProcessIdentity> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name is in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid, startedAt: fields[START_FIELD] ?? '' }
  } catch {
    return { pid, startedAt: '' }
  }
}

export const nodeProcesses: Processes = {
  self: () => identityOf(process.pid),
  async find(pid) {
    try {
      process.kill(pid, 0)
    } catch (error) {
      // Any other reason means that it is there and somebody else's.
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null
    }
    return identityOf(pid)
  },
  run: (command, args, options = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'], timeout: options.timeoutMs })
      const stdout: Uint8Array[] = []
      const stderr: Uint8Array[] = []
      child.stdout.on('data', (chunk: Uint8Array) => stdout.push(chunk))
      child.stderr.on('data', (chunk: Uint8Array) => stderr.push(chunk))
      child.on('error', cause => reject(new MillraceError('not_found', `cannot start ${command}`, { cause })))
      child.on('close', code =>
        resolve({ exitCode: code ?? 1, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }),
      )
      // A program that does not read its input may close the pipe first; its exit code tells the story.
      child.stdin.on('error', () => {})
      child.stdin.end(options.input)
    }),
}
