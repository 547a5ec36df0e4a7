/**
 * The only door to the system: clock, timers, random, files, network, processes. Product code takes an Env (or one of its
 * parts) and never the globals; lint forbids them elsewhere. test/support has the memory version.
 */
import type { HttpHandler } from './http.ts'

export interface Clock {
  /** wall clock, epoch milliseconds; may jump */
  now(): number
  /** milliseconds that never go back; for durations and deadlines */
  monotonicMs(): number
  /**
   * Resolves after `ms`, or early when aborted; it never rejects. With 0 it lets timers and sockets have their turn of the event
   * loop first.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls back every `intervalMs` until the returned function is called. Does not keep the process alive. */
  every(intervalMs: number, callback: () => void): () => void
}

export interface Random {
  /** from 0, included, to 1, excluded */
  next(): number
  bytes(sizeBytes: number): Uint8Array
  /** a version 4 UUID */
  uuid(): string
}

/** An open file. Offsets and sizes in bytes. */
export interface FileHandle {
  /** Fills `into` from `position`; returns the bytes read, fewer only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Writes everything at `position`. */
  write(bytes: Uint8Array, position: number): Promise<void>
  truncate(sizeBytes: number): Promise<void>
  /** Resolves when what was written survives a power cut. */
  sync(): Promise<void>
  sizeBytes(): Promise<number>
  close(): Promise<void>
}

export interface FileStat {
  readonly sizeBytes: number
  readonly modifiedAt: number
  readonly isDirectory: boolean
}

/** Errors are MillraceErrors: `not_found`, `already_exists`, else `unreadable_input` or `unwritable_output` with the path in the text. */
export interface Files {
  /** `read`: must exist. `create`: must not exist. `update`: opened for reading and writing, made if missing. */
  open(path: string, mode: 'read' | 'create' | 'update'): Promise<FileHandle>
  /** null when nothing is there */
  stat(path: string): Promise<FileStat | null>
  /** names, sorted, in a directory; empty when it is missing */
  list(directory: string): Promise<readonly string[]>
  /** with parents; nothing happens when it is there */
  makeDirectory(path: string): Promise<void>
  /** replaces the target in one step */
  rename(from: string, to: string): Promise<void>
  /** gives a file a second name in one step; `already_exists` when something has that name */
  link(from: string, to: string): Promise<void>
  /** nothing happens when it is missing */
  remove(path: string): Promise<void>
  /** makes renames and creations in a directory survive a power cut, where the system can */
  syncDirectory(path: string): Promise<void>
  readAll(path: string): Promise<Uint8Array>
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** stops listening, then ends the connections that are left after `graceMs` */
  close(graceMs?: number): Promise<void>
}

export interface Network {
  /**
   * Serves HTTP/1.1 and cleartext HTTP/2 (prior knowledge) on one port.
   * @throws MillraceError `address_in_use` with the port in the text
   */
  serve(options: { readonly host: string; readonly port: number }, handler: HttpHandler): Promise<Listener>
}

/** A process, told from a later one with the same id by when it began. */
export interface ProcessIdentity {
  readonly pid: number
  /** empty where the system does not tell; a text to compare, not an instant */
  readonly startedAt: string
}

export interface Processes {
  /** this process */
  self(): Promise<ProcessIdentity>
  /** the process with an id on this machine; null when there is none */
  find(pid: number): Promise<ProcessIdentity | null>
  /** Starts a program without a shell; resolves with its exit code when it has ended. */
  run(
    command: string,
    args: readonly string[],
    options?: { readonly input?: Uint8Array; readonly timeoutMs?: number },
  ): Promise<ProcessResult>
}

export interface ProcessResult {
  readonly exitCode: number
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
}

export interface Env {
  readonly clock: Clock
  readonly random: Random
  readonly files: Files
  readonly network: Network
  readonly processes: Processes
}
