// How long the event loop did not turn: by the clock, and by the CPU time of the thread that runs JavaScript. On a busy machine the
// first also counts what others took.
import { openSync, readSync } from 'node:fs'
import { cpuMs } from './measure.mjs'

const place = `/proc/self/task/${process.pid}/schedstat`
const text = Buffer.alloc(64)
let file = null
try {
  file = openSync(place)
} catch {
  // Not Linux: the CPU time of all threads has to do.
}

/** Milliseconds that the main thread has run (Linux, sched-stats: the first number, in nanoseconds). */
export function threadMs() {
  if (file === null) return cpuMs()
  return Number(text.toString('latin1', 0, readSync(file, text, 0, text.length, 0)).split(' ')[0]) / 1e6
}

/** Watches until `end`, which gives the longest stalls in milliseconds and the greatest memory of the process in MiB. */
export function watchStalls() {
  const longest = { wallMs: 0, cpuMs: 0, peakMb: 0 }
  let [wall, cpu] = [performance.now(), threadMs()]
  const look = () => {
    const [nowWall, nowCpu] = [performance.now(), threadMs()]
    longest.wallMs = Math.max(longest.wallMs, nowWall - wall)
    longest.cpuMs = Math.max(longest.cpuMs, nowCpu - cpu)
    longest.peakMb = Math.max(longest.peakMb, process.memoryUsage.rss() / 1_048_576)
    wall = nowWall
    cpu = nowCpu
  }
  const timer = setInterval(look, 1)
  return {
    end: () => {
      look()
      clearInterval(timer)
      return longest
    },
  }
}
