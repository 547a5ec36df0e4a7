/** Runs the built command as a user does: another process, its own folder, its output read to the end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { inject } from 'vitest'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** resolves with the first match in what was printed so far or will be; rejects when the command ends without it */
  seen(pattern: RegExp): Promise<RegExpExecArray>
}

/** Starts `millrace ARGS` in a folder. */
export function start(args: readonly string[], cwd: string): Running {
  const child = spawn(process.execPath, [inject('millrace'), ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    for (const watch of watchers) watch()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const ended = new Promise<Ended>(resolve => {
    child.on('close', code => {
      resolve({ code, stdout, stderr })
      for (const watch of watchers) watch()
    })
  })
  return {
    child,
    ended,
    seen: pattern =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          const match = pattern.exec(stdout)
          if (match === null && child.exitCode === null) return
          watchers.delete(watch)
          if (match === null) reject(new Error(`ended without ${String(pattern)}: ${stdout}${stderr}`))
          else resolve(match)
        }
        watchers.add(watch)
        watch()
      }),
  }
}

/** Runs `millrace ARGS` to its end. */
export function millrace(args: readonly string[], cwd: string): Promise<Ended> {
  return start(args, cwd).ended
}
