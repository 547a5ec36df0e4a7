/** Decides call by call what goes wrong. The same rules, seed and calls give the same faults. */
import { MillraceError } from '../../../core/index.ts'
import type { PutEntry, PutRefused } from '../../stream.ts'
import { FAULT_RULES_MAX, type FaultKind, type FaultRule } from './fault-rule.ts'

/** A call as rules see it. */
export interface FaultCall {
  /** its name in the API of the service */
  readonly operation: string
  readonly streamName?: string | undefined
  readonly shardId?: string | undefined
}

/** What happens to one call. */
export interface Fault {
  /** waited before anything else */
  readonly delayMs: number
  /** null lets the call have its effect */
  readonly refuse: Refusal | null
  /** the effect happens and nobody is told */
  readonly loseReply: boolean
  /** null takes every entry */
  readonly refuseEntry: EntryFault | null
}

export type Refusal = 'throttle' | 'drop' | 'expired_iterator' | 500 | 503

/** Why an entry is refused; null when it is taken. To be asked once for each entry, in their order. */
export type EntryFault = (place: number, entry: PutEntry, shardId: string) => PutRefused['code'] | null

/** A rule and what it did so far. */
export interface FaultCount {
  readonly rule: FaultRule
  /** calls that it fits, those that `skip` or chance let pass included */
  readonly seen: number
  readonly hits: number
}

export const NO_FAULT: Fault = { delayMs: 0, refuse: null, loseReply: false, refuseEntry: null }

/** Kinds that can only hit these operations. */
const ONLY: Partial<Record<FaultKind, string>> = { expired_iterator: 'GetRecords', partial: 'PutRecords' }

interface Counted {
  readonly rule: FaultRule
  seen: number
  hits: number
}

export class FaultPlan {
  readonly #random: () => number
  #rules: Counted[] = []

  /** @param seed decides the calls that a rate hits */
  constructor(rules: readonly FaultRule[] = [], seed = 1) {
    this.#random = mulberry32(seed)
    this.replace(rules)
  }

  /** every rule, in the order in which they are asked */
  get counts(): readonly FaultCount[] {
    return this.#rules.map(counted => ({ ...counted }))
  }

  /**
   * Adds rules behind those that are there.
   * @throws MillraceError `limit_exceeded` above 1,000 rules
   */
  add(...rules: readonly FaultRule[]): void {
    if (this.#rules.length + rules.length > FAULT_RULES_MAX)
      throw new MillraceError('limit_exceeded', `at most ${FAULT_RULES_MAX} fault rules; clear those that are spent`)
    this.#rules.push(...rules.map(rule => ({ rule, seen: 0, hits: 0 })))
  }

  /** Puts other rules in their place; counts begin anew. No rules: nothing goes wrong any more. */
  replace(rules: readonly FaultRule[]): void {
    this.#rules = []
    this.add(...rules)
  }

  /**
   * What happens to a call. The first rule that refuses decides how, and spends no other one: what has no effect anyway is no
   * hit. Delays add up.
   */
  decide(call: FaultCall): Fault {
    if (this.#rules.length === 0) return NO_FAULT
    const fitting = this.#rules.filter(({ rule }) => fits(rule, call))
    let delayMs = 0
    let refuse: Refusal | null = null
    let loseReply = false
    const entryFaults: EntryFault[] = []
    for (const counted of fitting) {
      const { rule } = counted
      if (rule.kind === 'lost_reply' || rule.kind === 'partial') continue
      if (!this.#hits(counted, refuse !== null && rule.kind !== 'delay')) continue
      if (rule.kind === 'delay') delayMs += this.#delayOf(rule)
      else refuse = rule.kind === 'error' ? (rule.status ?? 500) : rule.kind
    }
    for (const counted of fitting) {
      const { rule } = counted
      if (rule.kind !== 'lost_reply' && rule.kind !== 'partial') continue
      if (!this.#hits(counted, refuse !== null)) continue
      if (rule.kind === 'lost_reply') loseReply = true
      else entryFaults.push(this.#entryFault(rule))
    }
    const refuseEntry: EntryFault = (...entry) => {
      // Every rule draws for every entry, so that one rule does not change what another one hits.
      const codes = entryFaults.map(ask => ask(...entry))
      return codes.find(code => code !== null) ?? null
    }
    return { delayMs, refuse, loseReply, refuseEntry: entryFaults.length === 0 ? null : refuseEntry }
  }

  /** @param isMoot true when the call is refused already: the rule sees it and is not spent */
  #hits(counted: Counted, isMoot: boolean): boolean {
    const { rate = 1, skip = 0, times = Number.POSITIVE_INFINITY } = counted.rule
    if (counted.seen++ < skip || counted.hits >= times) return false
    const isDrawn = rate === 1 || this.#random() < rate
    if (!isDrawn || isMoot) return false
    counted.hits++
    return true
  }

  #delayOf({ delayMs = 0, delayMsMax = delayMs }: FaultRule): number {
    return delayMsMax > delayMs ? delayMs + this.#random() * (delayMsMax - delayMs) : delayMs
  }

  #entryFault({ entries, partitionKey, shardId, code = 'throttled', ...rule }: FaultRule): EntryFault {
    const says = entries !== undefined || partitionKey !== undefined || shardId !== undefined
    const share = rule.share ?? (says ? 1 : 0.5)
    return (place, entry, entryShardId) => {
      const fitsEntry =
        (entries === undefined || entries.includes(place)) &&
        (partitionKey === undefined || partitionKey === entry.partitionKey) &&
        (shardId === undefined || shardId === entryShardId)
      return fitsEntry && (share === 1 || this.#random() < share) ? code : null
    }
  }
}

function fits(rule: FaultRule, { operation, streamName, shardId }: FaultCall): boolean {
  const only = ONLY[rule.kind]
  if (only !== undefined && only !== operation) return false
  if (rule.operations !== undefined && !rule.operations.includes(operation)) return false
  if (rule.streamName !== undefined && rule.streamName !== streamName) return false
  return rule.kind === 'partial' || rule.shardId === undefined || rule.shardId === shardId
}

function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
