/** The terminal that a command talks to: one line that refreshes itself, plain lines where there is no terminal, and keys. */
import type { ReadStream, WriteStream } from 'node:tty'

/** Plain status lines come at most this often when the output is no terminal. */
const PLAIN_LINE_MS = 5_000
/** A terminal line is drawn at most this often. */
const REFRESH_MS = 200

export interface Terminal {
  readonly interactive: boolean
  /** A line that stays. */
  print(line: string): void
  /** The line that refreshes itself. */
  status(line: string, nowMs: number): void
  /** Takes the status line away. */
  clear(): void
}

/** Messages go to stdout for people who watch; data never goes through here. */
export function openTerminal(output: WriteStream | NodeJS.WriteStream = process.stdout): Terminal {
  const interactive = output.isTTY === true
  let shown = ''
  let lastAt = Number.NEGATIVE_INFINITY
  const erase = (): void => {
    if (shown !== '') output.write('\r\x1b[2K')
    shown = ''
  }
  return {
    interactive,
    print(line) {
      erase()
      output.write(`${line}\n`)
    },
    status(line, nowMs) {
      if (nowMs - lastAt < (interactive ? REFRESH_MS : PLAIN_LINE_MS)) return
      lastAt = nowMs
      if (!interactive) {
        output.write(`${line}\n`)
        return
      }
      // Some pseudo-terminals say that they have no columns.
      const width = Math.max(20, (output.columns || 80) - 1)
      const cut = line.length > width ? `${line.slice(0, width - 1)}…` : line
      output.write(`\r\x1b[2K${cut}`)
      shown = cut
    },
    clear: erase,
  }
}

/**
 * Calls back for each key while the command runs, where the input is a terminal.
 * @returns gives the terminal back
 */
export function listenForKeys(
  onKey: (key: string) => void,
  input: ReadStream | NodeJS.ReadStream = process.stdin,
): () => void {
  if (input.isTTY !== true) return () => {}
  const onData = (data: Buffer | string): void => {
    for (const key of data.toString()) onKey(key)
  }
  input.setRawMode(true)
  input.resume()
  input.on('data', onData)
  return () => {
    input.off('data', onData)
    input.setRawMode(false)
    input.pause()
  }
}

/** 12345678 as `12,345,678`. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Milliseconds as `840 ms`, `12.4 s`, `3 min 05 s`, `2 h 05 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`
  const seconds = Math.floor(ms / 1_000)
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
  const minutes = Math.floor(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** Bytes as `812 B`, `14.2 kB`, `3.1 MB`. */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = -1
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000
    unit++
  }
  return `${value.toFixed(1)} ${units[unit] ?? ''}`
}
