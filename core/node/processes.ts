/** Programs started by a Node process. */
import { spawn } from 'node:child_process'
import type { Processes } from '../env.ts'
import { MillraceError } from '../errors.ts'

export const nodeProcesses: Processes = {
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
