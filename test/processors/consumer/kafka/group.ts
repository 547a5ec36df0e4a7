/** Member processes of one group over a topic of a real broker, and what may be said of all they did. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, Producer } from 'kafkajs'
import { inject } from 'vitest'
import type { StartKafkaConsumerOptions } from '../../../../processors/index.ts'
import type { KafkaBroker } from '../../../support/kafka-broker.ts'

const LOOK_MS = 200
const PATIENCE_MS = 120_000
const WATCH_MS = 150

export interface GroupOptions {
  readonly broker: KafkaBroker
  readonly topic: string
  readonly partitions: number
  readonly options: Omit<Partial<StartKafkaConsumerOptions>, 'client' | 'topics' | 'processor'>
}

export interface Line {
  readonly what: string
  readonly member: string
  readonly life: string
  readonly partition: string
  readonly rest: readonly string[]
}

interface Member {
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
  log: string
}

export class Group {
  readonly #options: GroupOptions
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-group-'))
  readonly #members = new Map<string, Member>()
  readonly #admin: Admin
  readonly #producer: Producer
  #isOpen = true
  #watching: Promise<void> = Promise.resolve()
  readonly put: string[] = []
  /** committed offsets that were ahead of what had been processed, or went back */
  readonly violations: string[] = []
  /** how often committed offsets were looked at, and were there */
  looks = 0

  private constructor(options: GroupOptions) {
    this.#options = options
    const client = options.broker.client(5)
    this.#admin = client.admin()
    this.#producer = client.producer({ idempotent: true, maxInFlightRequests: 1 })
    writeFileSync(this.#trace, '')
  }

  static async start(options: GroupOptions): Promise<Group> {
    const group = new Group(options)
    await options.broker.createTopic(options.topic, options.partitions)
    await Promise.all([group.#admin.connect(), group.#producer.connect()])
    group.#watching = group.#watch()
    return group
  }

  get #trace(): string {
    return join(this.#folder, 'trace.txt')
  }

  get groupId(): string {
    return `group-of-${this.#options.topic}`
  }

  async join(member: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const argument = JSON.stringify({
      dist: dirname(dirname(inject('millrace'))),
      broker: this.#options.broker.address,
      member,
      groupId: this.groupId,
      topics: this.#options.topic,
      trace: this.#trace,
      options: this.#options.options,
      ...more,
    })
    const child = spawn(process.execPath, [join(import.meta.dirname, 'member-process.mjs'), argument], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exited = new Promise<number | null>(resolve => child.on('exit', code => resolve(code)))
    const entry: Member = { child, exited, log: '' }
    this.#members.set(member, entry)
    child.stderr?.on('data', (chunk: Buffer) => {
      entry.log += chunk.toString()
    })
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', () => resolve())
      child.on('exit', () => reject(new Error(`${member} ended before it ran:\n${entry.log}`)))
    })
  }

  signal(member: string, signal: NodeJS.Signals): void {
    this.#members.get(member)?.child.kill(signal)
  }

  async exited(member: string): Promise<number | null> {
    return (this.#members.get(member) as Member).exited
  }

  /** Puts that many records, keys in turn. The text says the key and its number within the key. */
  async putSome(count: number, keys: number): Promise<void> {
    const messages = Array.from({ length: count }, () => {
      const number = this.put.length
      const text = `k${number % keys}:${Math.floor(number / keys)}`
      this.put.push(text)
      return { key: `k${number % keys}`, value: text }
    })
    await this.#producer.send({ topic: this.#options.topic, messages })
  }

  lines(): readonly Line[] {
    return readFileSync(this.#trace, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const [what = '', member = '', life = '', partition = '', ...rest] = line.split(' ')
        return { what, member, life, partition, rest }
      })
  }

  got(): readonly Line[] {
    return this.lines().filter(line => line.what === 'got')
  }

  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const from = performance.now()
    while (!(await isSo())) {
      if (performance.now() - from > PATIENCE_MS) {
        const logs = Array.from(this.#members, ([id, { log }]) => `${id}: ${log.slice(-3_000)}`)
        throw new Error(`${what} did not come in ${PATIENCE_MS} ms\n${logs.join('\n')}`)
      }
      await sleep(LOOK_MS)
    }
  }

  /** By partition, who processed the last record that came after that many lines; nothing for partitions where none came. */
  ownersSince(lines: number): ReadonlyMap<string, string> {
    const owners = new Map<string, string>()
    for (const line of this.lines().slice(lines)) if (line.what === 'got') owners.set(line.partition, line.member)
    return owners
  }

  async committed(): Promise<ReadonlyMap<string, bigint>> {
    const { topic } = this.#options
    const [found] = await this.#admin.fetchOffsets({ groupId: this.groupId, topics: [topic] })
    return new Map((found?.partitions ?? []).map(one => [`${topic}-${one.partition}`, BigInt(one.offset)]))
  }

  /** By partition, the next offset that will be written. */
  async ends(): Promise<ReadonlyMap<string, bigint>> {
    const { topic } = this.#options
    const ends = await this.#admin.fetchTopicOffsets(topic)
    return new Map(ends.map(({ partition, high }) => [`${topic}-${partition}`, BigInt(high)]))
  }

  async close(): Promise<void> {
    this.#isOpen = false
    await this.#watching
    for (const { child } of this.#members.values()) child.kill('SIGKILL')
    await Promise.all(Array.from(this.#members.values(), ({ exited }) => exited))
    await Promise.all([this.#admin.disconnect(), this.#producer.disconnect()])
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Looks at what is committed, and only then at what was processed: members trace before they commit. */
  async #watch(): Promise<void> {
    const before = new Map<string, bigint>()
    while (this.#isOpen) {
      try {
        const committed = await this.committed()
        const done = new Map<string, Set<string>>()
        for (const { partition, rest } of this.got())
          done.set(partition, (done.get(partition) ?? new Set()).add(rest[0] ?? ''))
        for (const [partition, offset] of committed) {
          if (offset < 0n) continue
          this.looks++
          const last = before.get(partition) ?? 0n
          if (offset < last) this.violations.push(`${partition} went back from ${last} to ${offset}`)
          for (let i = last; i < offset; i++)
            if (done.get(partition)?.has(String(i)) !== true)
              this.violations.push(`${partition} has ${offset} committed, and ${i} was not processed`)
          before.set(partition, offset)
        }
      } catch {
        // the broker is busy with something else
      }
      await sleep(WATCH_MS)
    }
  }
}
