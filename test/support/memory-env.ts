/** An Env without a system below it: simulated time, seeded random, files and network in memory. Everything repeats exactly. */
import type { Env, Processes, ProcessResult } from '../../core/env.ts'
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

export interface MemoryEnv extends Env {
  readonly clock: SimClock
  readonly random: SeededRandom
  readonly files: MemoryFiles
  readonly network: MemoryNetwork
}

/** A fresh world; two with the same options behave alike. */
export function memoryEnv(options: MemoryEnvOptions = {}): MemoryEnv {
  const random = seededRandom(options.seed ?? 1)
  const clock = new SimClock(options.startAt)
  const processes: Processes = {
    run(command, args, { input = new Uint8Array() } = {}) {
      const program = options.programs?.[command]
      if (program === undefined) return Promise.reject(new MillraceError('not_found', `cannot start ${command}`))
      return Promise.resolve({
        exitCode: 0,
        stdout: new Uint8Array(),
        stderr: new Uint8Array(),
        ...program(args, input),
      })
    },
  }
  return {
    clock,
    random,
    files: new MemoryFiles(clock, random, options.files),
    network: new MemoryNetwork(),
    processes,
  }
}
