/** A Prometheus of Debian's over given samples, on loopback, and `promtool`. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../support/free-port.ts'

export const HAS_PROMETHEUS: boolean = (() => {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' })
    execFileSync('prometheus', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

export interface PrometheusProcess {
  readonly url: string
  /** 2 or 3: they differ in the borders of ranges */
  readonly major: number
  close(): Promise<void>
}

/** Back-fills the samples, starts the server and waits until it is ready. */
export async function startPrometheus(openMetrics: string): Promise<PrometheusProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-prometheus-'))
  const input = join(directory, 'samples.txt')
  const data = join(directory, 'data')
  writeFileSync(input, openMetrics)
  writeFileSync(join(directory, 'prometheus.yml'), '')
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', input, data], { stdio: 'pipe' })
  const port = await freePort()
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr.on('data', chunk => {
    said = `${said}${chunk}`.slice(-4_000)
  })
  const url = `http://127.0.0.1:${port}`
  for (let attempt = 0; ; attempt++) {
    if (await isReady(url)) break
    if (attempt >= 150 || child.exitCode !== null) throw new Error(`prometheus did not start: ${said}`)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  const built = (await (await fetch(`${url}/api/v1/status/buildinfo`)).json()) as { data: { version: string } }
  return {
    url,
    major: Number.parseInt(built.data.version, 10),
    async close() {
      await ended(child)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`)).ok
  } catch {
    return false
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  await new Promise<void>(resolve => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
