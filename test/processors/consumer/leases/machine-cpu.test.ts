/** CPU of the container or the machine: which of them is read, and what comes out, by files and replies as Linux and ECS write them. */
import { expect, test } from 'vitest'
import { MillraceError } from '../../../../core/index.ts'
import { nodeEnv } from '../../../../core/node/env.ts'
import { cpuSource } from '../../../../processors/consumer/leases/cpu-source.ts'
import { machineCpu } from '../../../../processors/consumer/leases/machine-cpu.ts'
import { memoryLeaseStore } from '../../../../processors/consumer/leases/memory-lease-store.ts'
import { WorkerMetricsReporter } from '../../../../processors/consumer/leases/worker-metrics-reporter.ts'
import { SimClock } from '../../../support/sim-clock.ts'

function world(texts: Record<string, string>, environment: Record<string, string> = {}) {
  const clock = new SimClock()
  const files = {
    readAll: (path: string) => {
      const text = texts[path]
      return text === undefined
        ? Promise.reject(new MillraceError('not_found', `${path} is not there`))
        : Promise.resolve(new Uint8Array(Buffer.from(text)))
    },
  }
  const fetchText = (url: string) => Promise.resolve(texts[url] ?? '<html>not found</html>')
  return { clock, texts, read: machineCpu({ clock, files, environment, fetchText, cpus: 4 }) }
}

const stat = (user: number, idle: number) =>
  `cpu  ${user} 0 0 ${idle} 100 0 0 0 50 0\ncpu0 1 2 3 4 5 6 7 8 9 10\nctxt 12345\n`

test.each([
  ['half a core', '50000 100000', 250_000, 50],
  ['two cores', '200000 100000', 250_000, 12.5],
  ['no limit, on four CPUs', 'max 100000', 1_000_000, 25],
])('a control group of version 2 with %s', async (_, max, usedMicros, expected) => {
  const group = (micros: number) => `usage_usec ${micros}\nuser_usec 1\nsystem_usec 2\nnr_periods 3\n`
  const { clock, texts, read } = world({
    '/sys/fs/cgroup/cpu.stat': group(7_000_000),
    '/sys/fs/cgroup/cpu.max': `${max}\n`,
    '/proc/stat': stat(1, 1),
  })
  expect(await read()).toBe(0)
  await clock.advance(1_000)
  texts['/sys/fs/cgroup/cpu.stat'] = group(7_000_000 + usedMicros)
  expect(await read()).toBe(expected)
})

test.each([
  ['a quarter of a core', '25000', 40],
  ['no limit, on four CPUs', '-1', 2.5],
])('a control group of version 1 with %s', async (_, quota, expected) => {
  const { clock, texts, read } = world({
    '/sys/fs/cgroup/cpuacct/cpuacct.usage': '5000000000\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': `${quota}\n`,
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    '/proc/stat': stat(1, 1),
  })
  expect(await read()).toBe(0)
  await clock.advance(1_000)
  texts['/sys/fs/cgroup/cpuacct/cpuacct.usage'] = '5100000000\n'
  expect(await read()).toBe(expected)
})

test('a machine without control groups: idle and waiting for disks is not used', async () => {
  const { texts, read } = world({ '/proc/stat': stat(1_000, 9_000) })
  expect(await read()).toBe(0)
  texts['/proc/stat'] = stat(1_300, 9_700)
  expect(await read()).toBe(30)
})

test('a task of ECS: all its containers against what the task may use', async () => {
  const uri = 'http://169.254.170.2/v4/abc'
  const container = (total: number, system: number) => ({
    cpu_stats: { cpu_usage: { total_usage: total }, system_cpu_usage: system, online_cpus: 2 },
  })
  const stats = (total: number, system: number) =>
    JSON.stringify({ a: container(total, system), b: container(total / 2, system), starting: null })
  const { texts, read } = world(
    { [`${uri}/task`]: '{"Limits":{"CPU":0.5,"Memory":512}}', [`${uri}/task/stats`]: stats(1_000, 1_000_000) },
    { ECS_CONTAINER_METADATA_URI_V4: uri },
  )
  expect(await read()).toBe(0)
  // 150,000 more of 1,000,000 on each of two CPUs; half a CPU is 500,000
  texts[`${uri}/task/stats`] = stats(101_000, 3_000_000)
  expect(await read()).toBe(30)
})

test('a task whose metadata cannot be read is measured by its files', async () => {
  const { read } = world({ '/proc/stat': stat(1, 1) }, { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/abc' })
  expect(await read()).toBe(0)
})

test('where nothing can be read there is no figure, and the worker is measured by itself', async () => {
  const { clock, read } = world({})
  expect(await read()).toBeNull()
  let used = 0
  const source = cpuSource({ clock, usedMicros: () => used, machine: read })
  await source.capture()
  await clock.advance(1_000)
  used = 400_000
  expect(await source.capture()).toBe(40)
})

test('the fuller of the process and what is around it is reported', async () => {
  const { clock, texts, read } = world({ '/proc/stat': stat(0, 0) })
  let used = 0
  const source = cpuSource({ clock, usedMicros: () => used, machine: read })
  const { workerMetrics: table } = memoryLeaseStore()
  const listener = { leaseGained() {}, leaseLost() {}, handOffRequested() {} }
  const reporter = new WorkerMetricsReporter({
    table,
    clock,
    workerId: 'a',
    sources: [source],
    reportsMax: 10,
    listener,
  })
  const capture = async (usedMicros: number, user: number, idle: number) => {
    await clock.advance(1_000)
    used += usedMicros
    texts['/proc/stat'] = stat(user, idle)
    reporter.capture()
    await clock.drain()
  }
  await capture(0, 0, 0)
  await capture(100_000, 90, 10)
  await capture(500_000, 100, 100)
  await reporter.report()
  // 0 at first, then 90 of the machine, then 50 of the process
  expect((await table.list())[0]?.values).toEqual({ C: [46.67] })
})

test('this machine has something to read', async () => {
  const read = machineCpu(nodeEnv)
  expect(await read()).toBe(process.platform === 'linux' ? 0 : null)
})
