/**
 * CPU of the machine or container in percent of what it may use, from what is there, as the KCL 3.x does: the metadata of an ECS
 * task, the control group of a container (version 2 or 1), else the whole machine. A container with half a core is full when its
 * process is at half a core, and neighbours on a machine take from this worker too.
 *
 * | from                    | used                                   | of                                            |
 * |-------------------------|----------------------------------------|-----------------------------------------------|
 * | ECS task metadata v4    | cpu_usage.total_usage, all containers  | system_cpu_usage / online CPUs x Limits.CPU   |
 * | control group v2        | cpu.stat usage_usec                    | cpu.max quota / period, else all CPUs         |
 * | control group v1        | cpuacct.usage                          | cpu.cfs_quota_us / cpu.cfs_period_us          |
 * | /proc/stat              | all but idle and iowait                | all                                           |
 */
import { availableParallelism } from 'node:os'
import { type Clock, type Files, fetchText as fetchOf } from '../../../core/index.ts'

const V2 = '/sys/fs/cgroup'
const V1 = '/sys/fs/cgroup/cpu'
const V1_ACCOUNTING = '/sys/fs/cgroup/cpuacct'
const METADATA_TIMEOUT_MS = 500

export interface MachineCpuOptions {
  readonly clock: Clock
  readonly files: Pick<Files, 'readAll'>
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** the text behind a URL of the task's metadata; default: HTTP with a time-out of 500 ms */
  readonly fetchText?: (url: string) => Promise<string>
  /** CPUs that a container without a limit may use */
  readonly cpus?: number
}

/** What was used so far, and what could have been, in the same unit; the difference of two readings counts. */
interface Reading {
  readonly used: number
  readonly possible: number
}

/** Percent since the last call, 0 at the first; null where nothing can be read. */
export type MachineCpu = () => Promise<number | null>

/** Finds what can be read here, and goes on with that. */
export function machineCpu(options: MachineCpuOptions): MachineCpu {
  const { environment = process.env } = options
  const metadata = environment['ECS_CONTAINER_METADATA_URI_V4']
  const ways: readonly (() => Promise<Reading | null>)[] = [
    ...(metadata === undefined ? [] : [() => ofTask(metadata, options)]),
    () => ofGroupV2(options),
    () => ofGroupV1(options),
    () => ofMachine(options),
  ]
  let way: (() => Promise<Reading | null>) | null = null
  let before: Reading | null = null
  return async () => {
    let now: Reading | null = null
    for (const one of way === null ? ways : [way]) {
      now = await one().catch(() => null)
      if (now === null) continue
      way = one
      break
    }
    if (now === null) return null
    const [used, possible] = before === null ? [0, 0] : [now.used - before.used, now.possible - before.possible]
    before = now
    return possible <= 0 ? 0 : Math.min(100, Math.max(0, (used / possible) * 100))
  }
}

async function ofGroupV2(options: MachineCpuOptions): Promise<Reading | null> {
  const usage = /^usage_usec (\d+)$/m.exec(await textOf(options, `${V2}/cpu.stat`))?.[1]
  const [quota = 'max', period = '100000'] = (await textOf(options, `${V2}/cpu.max`)).trim().split(/\s+/)
  if (usage === undefined) return null
  return ofTime(Number(usage), quota === 'max' ? cpusOf(options) : Number(quota) / Number(period), options)
}

async function ofGroupV1(options: MachineCpuOptions): Promise<Reading | null> {
  const usageNanos = Number(await textOf(options, `${V1_ACCOUNTING}/cpuacct.usage`))
  const quota = Number(await textOf(options, `${V1}/cpu.cfs_quota_us`))
  const period = Number(await textOf(options, `${V1}/cpu.cfs_period_us`))
  if (!Number.isFinite(usageNanos) || !(period > 0)) return null
  return ofTime(usageNanos / 1_000, quota > 0 ? quota / period : cpusOf(options), options)
}

/** The whole machine: user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already. */
async function ofMachine(options: MachineCpuOptions): Promise<Reading | null> {
  const line = /^cpu\s+(.+)$/m.exec(await textOf(options, '/proc/stat'))?.[1]
  if (line === undefined) return null
  const ticks = line.trim().split(/\s+/).slice(0, 8).map(Number)
  const possible = ticks.reduce((sum, value) => sum + value, 0)
  return Number.isFinite(possible) ? { used: possible - (ticks[3] ?? 0) - (ticks[4] ?? 0), possible } : null
}

interface TaskContainer {
  readonly cpu_stats?: {
    readonly cpu_usage?: { readonly total_usage?: number }
    readonly system_cpu_usage?: number
    readonly online_cpus?: number
  }
}

async function ofTask(metadata: string, { fetchText = fetchMetadata }: MachineCpuOptions): Promise<Reading | null> {
  const [task, stats] = await Promise.all([fetchText(`${metadata}/task`), fetchText(`${metadata}/task/stats`)])
  const { Limits } = JSON.parse(task) as { readonly Limits?: { readonly CPU?: number } }
  const containers = Object.values(JSON.parse(stats) as Readonly<Record<string, TaskContainer | null>>)
  let [used, system, online] = [0, 0, 0]
  for (const container of containers) {
    const { cpu_usage, system_cpu_usage = 0, online_cpus = 0 } = container?.cpu_stats ?? {}
    used += cpu_usage?.total_usage ?? 0
    system = Math.max(system, system_cpu_usage)
    online = Math.max(online, online_cpus)
  }
  if (system === 0 || online === 0) return null
  // The system's figure is of all CPUs together; a task without a limit may use them all.
  return { used, possible: (system / online) * (Limits?.CPU ?? online) }
}

function ofTime(usedMicros: number, cores: number, { clock }: MachineCpuOptions): Reading | null {
  return cores > 0 ? { used: usedMicros, possible: clock.monotonicMs() * 1_000 * cores } : null
}

function cpusOf({ cpus = availableParallelism() }: MachineCpuOptions): number {
  return cpus
}

async function textOf({ files }: MachineCpuOptions, path: string): Promise<string> {
  return new TextDecoder().decode(await files.readAll(path))
}

function fetchMetadata(url: string): Promise<string> {
  return fetchOf(url, METADATA_TIMEOUT_MS)
}
