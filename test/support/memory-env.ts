/** An Env without a system below it: simulated time, seeded random, files and network in memory. Everything repeats exactly. */
import type { Env, Processes, ProcessIdentity, ProcessResult } from '../../core/env.ts'
import { MillraceError } from '../../core/errors.ts'
import { MemoryFiles, type MemoryFilesOptions } from './memory-files.ts'
import { MemoryNetwork } from './memory-network.ts'
import { type SeededRandom, seededRandom } from './seeded-random.ts'
import { SimClock } from './sim-clock.ts'

export { MemoryFiles, type MemoryFilesOptions } from './memory-files.ts'
export { type MemoryExchange, MemoryNetwork, type MemoryRequest, type MemoryResponse } from './memory-network.ts'
export { type SeededRandom, seededRandom } from './seeded-random.ts'
export { SimClock } from './sim-clock.ts'

/** Stands for a program: gets arguments and input, gives what the program would print. */
export type MemoryProgram = (args: readonly string[], input: Uint8Array) => Partial<ProcessResult>

export interface MemoryEnvOptions {
  /** of the random numbers; default 1 */
  readonly seed?: number
  /** wall clock at the start, epoch milliseconds; default 2020-01-01T00:00:00Z */
  readonly startAt?: number
  readonly files?: MemoryFilesOptions
  /** programs by name; any other is `not_found` */
  readonly programs?: Readonly<Record<string, MemoryProgram>>
}

/** The processes of a world: one of them is this one. */
export class MemoryProcesses implements Processes {
  readonly #programs: Readonly<Record<string, MemoryProgram>>
  /** by id; shared by all that came of each other */
  readonly #alive: Map<number, ProcessIdentity>
  #pid: number

  constructor(programs: Readonly<Record<string, MemoryProgram>>, alive = new Map<number, ProcessIdentity>()) {
    this.#programs = programs
    this.#alive = alive
    this.#pid = this.#begin()
  }

  self(): Promise<ProcessIdentity> {
    return Promise.resolve({ pid: this.#pid, startedAt: `start of ${this.#pid}` })
  }

  find(pid: number): Promise<ProcessIdentity | null> {
    return Promise.resolve(this.#alive.get(pid) ?? null)
  }

  run(
    command: string,
    args: readonly string[],
    { input = new Uint8Array() }: { readonly input?: Uint8Array } = {},
  ): Promise<ProcessResult> {
    const program = this.#programs[command]
    if (program === undefined) return Promise.reject(new MillraceError('not_found', `cannot start ${command}`))
    const nothing = { exitCode: 0, stdout: new Uint8Array(), stderr: new Uint8Array() }
    return Promise.resolve({ ...nothing, ...program(args, input) })
  }

  /** This process is dead and another one in its place. */
  restart(): void {
    this.#alive.delete(this.#pid)
    this.#pid = this.#begin()
  }

  /** A process beside this one. */
  another(): MemoryProcesses {
    return new MemoryProcesses(this.#programs, this.#alive)
  }

  #begin(): number {
    const pid = Math.max(FIRST_PID - 1, ...this.#alive.keys(), this.#pid ?? 0) + 1
    this.#alive.set(pid, { pid, startedAt: `start of ${pid}` })
    return pid
  }
}

const FIRST_PID = 1_000

export interface MemoryEnv extends Env {
  readonly processes: MemoryProcesses
  readonly clock: SimClock
  readonly random: SeededRandom
  readonly files: MemoryFiles
  readonly network: MemoryNetwork
}

/** A fresh world; two with the same options behave alike. */
export function memoryEnv(options: MemoryEnvOptions = {}): MemoryEnv {
  const random = seededRandom(options.seed ?? 1)
  const clock = new SimClock(options.startAt)
  return {
    clock,
    random,
    files: new MemoryFiles(clock, random, options.files),
    network: new MemoryNetwork(),
    processes: new MemoryProcesses(options.programs ?? {}),
  }
}
