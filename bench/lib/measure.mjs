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
 * Runs every function once to warm up, then all in turn, `repeats` times. A collection is forced before each turn, which throws
 * optimised code away (what was compiled for shapes that nothing had at that moment) and shrinks the heap, and no stream meets
 * that; so each turn runs once after it, and then once for the clock.
 * @param runs functions by name, or functions that return a promise
 * @returns by name the median, least and greatest CPU time and the median wall time, in milliseconds
 */
export async function interleave(runs, repeats) {
  const times = new Map([...runs.keys()].map(name => [name, { cpu: [], wall: [] }]))
  const inChildren = new Set()
  for (let repeat = -1; repeat < repeats; repeat++)
    for (const [name, run] of runs) {
      globalThis.gc?.()
      if (repeat >= 0 && !inChildren.has(name)) await run()
      const [cpuBefore, wallBefore] = [cpuMs(), performance.now()]
      const result = await run()
      // What ran in another process tells its times itself.
      if (result?.measured !== undefined) inChildren.add(name)
      const { cpu, wall } = result?.measured ?? { cpu: cpuMs() - cpuBefore, wall: performance.now() - wallBefore }
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

/** Where the figures come from. */
export const machine = () => ({ node: process.version, cpu: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}` })
