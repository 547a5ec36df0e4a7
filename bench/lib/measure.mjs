// Interleaved repeats, medians of the CPU time of the process: on a shared machine only ratios within one run are safe.
import { cpus } from 'node:os'

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** User and system time of the whole process, the collector's and the compiler's threads included, in milliseconds. */
export function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/**
 * A turn has at least so much CPU time, in milliseconds: a stream runs on, and what ten runs in a row cost is what one of them costs.
 * Beside other programs the same time by the clock would hold a fraction of the work. Tests, which ask for no times, set it shorter.
 */
const TURN_MS = Number(process.env.BENCH_TURN_MS ?? 500)
/** And before it so much untimed, after the collection that was forced. */
const WARM_MS = TURN_MS / 2
/** A turn that mostly waits ends all the same, after so many times as much by the clock. */
const WALL_PER_CPU_MAX = 10

/**
 * Runs every function once to warm up, then all in turn, `repeats` times. A collection is forced before each turn, which throws
 * optimised code away (what was compiled for shapes that nothing had at that moment) and shrinks the heap, and no stream meets
 * that; so each turn runs untimed for a while, and then over and over for `TURN_MS`, collections that come by themselves included.
 * @param runs functions by name, or functions that return a promise
 * @returns by name the median, least and greatest CPU time of a run over the turns and the median wall time, in milliseconds
 */
export async function interleave(runs, repeats) {
  const times = new Map([...runs.keys()].map(name => [name, { cpu: [], wall: [] }]))
  for (let repeat = -1; repeat < repeats; repeat++)
    for (const [name, run] of runs) {
      globalThis.gc?.()
      const { cpu, wall } = repeat < 0 ? await once(run) : await turn(run)
      if (repeat < 0) continue
      times.get(name).cpu.push(cpu)
      times.get(name).wall.push(wall)
    }
  return new Map(
    [...times].map(([name, { cpu, wall }]) => [
      name,
      { cpu: median(cpu), min: Math.min(...cpu), max: Math.max(...cpu), wall: median(wall) },
    ]),
  )
}

async function turn(run) {
  const warm = await manyTimes(run, WARM_MS)
  return warm.inChild ? warm : manyTimes(run, TURN_MS)
}

/** The times of one run, of as many as take `ms` of CPU time together: at least one. What runs in another process tells its times itself, and runs once. */
async function manyTimes(run, ms) {
  const sum = { cpu: 0, wall: 0, inChild: false }
  for (let count = 1; ; count++) {
    const { cpu, wall, inChild } = await once(run)
    if (inChild) return { cpu, wall, inChild }
    sum.cpu += cpu
    sum.wall += wall
    if (sum.cpu >= ms || sum.wall >= WALL_PER_CPU_MAX * ms)
      return { cpu: sum.cpu / count, wall: sum.wall / count, inChild }
  }
}

async function once(run) {
  const [cpuBefore, wallBefore] = [cpuMs(), performance.now()]
  const result = await run()
  if (result?.measured !== undefined) return { ...result.measured, inChild: true }
  return { cpu: cpuMs() - cpuBefore, wall: performance.now() - wallBefore, inChild: false }
}

/** Where the figures come from. */
export const machine = () => ({ node: process.version, cpu: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}` })
