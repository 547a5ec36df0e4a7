/**
 * CPU of this worker in percent of what it can use. JavaScript runs on one thread: a worker whose event loop is busy is full,
 * however many cores the machine has. So the figure is the CPU time of the whole process against one core, capped at 100; or that of
 * its container or machine, where that is fuller.
 */
import type { Clock } from '../../../core/index.ts'
import type { MachineCpu } from './machine-cpu.ts'
import type { WorkerMetricSource } from './worker-metrics-reporter.ts'

export interface CpuSourceOptions {
  readonly clock: Clock
  /** CPU time used by the process so far, microseconds; default: what Node says */
  readonly usedMicros?: () => number
  /** of the container or machine around it; default: none */
  readonly machine?: MachineCpu
  /** default 80: above it the event loop answers late */
  readonly maxUtilisation?: number
}

export function cpuSource({
  clock,
  usedMicros = processMicros,
  machine,
  maxUtilisation = 80,
}: CpuSourceOptions): WorkerMetricSource {
  let before: { readonly usedMicros: number; readonly atMs: number } | null = null
  return {
    name: 'C',
    maxUtilisation,
    capture() {
      const now = { usedMicros: usedMicros(), atMs: clock.monotonicMs() }
      const elapsedMs = before === null ? 0 : now.atMs - before.atMs
      // The first capture has nothing to compare with, as in the KCL.
      const percent = before === null || elapsedMs <= 0 ? 0 : (now.usedMicros - before.usedMicros) / 10 / elapsedMs
      before = now
      return machine === undefined ? percent : machine().then(around => Math.max(percent, around ?? 0))
    },
  }
}

function processMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
