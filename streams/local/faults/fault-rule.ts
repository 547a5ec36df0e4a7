/**
 * What should go wrong, how often and where: plain data, from a test, from the command line or from the control API.
 *
 *   { "kind": "throttle", "operations": ["PutRecords"], "rate": 0.1 }          one call in ten
 *   { "kind": "lost_reply", "operations": ["PutRecords"], "skip": 3, "times": 1 }   the fourth call, once
 *   { "operation": "PutRecords", "script": ["ok", "throttle", "ok", "partial"] }    call by call
 */
import { MillraceError } from '../../../core/index.ts'

/**
 * `delay`: the call waits first. `throttle`: refused for its rate, before any effect. `error`: HTTP 500 or 503 before any effect.
 * `lost_reply`: the effect happens and the connection ends in place of the reply. `drop`: the connection ends before any effect.
 * `expired_iterator`: GetRecords finds its iterator too old. `partial`: PutRecords takes only some of its entries.
 */
export const FAULT_KINDS = ['delay', 'throttle', 'error', 'lost_reply', 'drop', 'expired_iterator', 'partial'] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export interface FaultRule {
  readonly kind: FaultKind
  /** names of operations, such as `PutRecords`; every one that the kind can hit when left out */
  readonly operations?: readonly string[] | undefined
  readonly streamName?: string | undefined
  /** calls that name this shard; with `partial`, entries that go to it */
  readonly shardId?: string | undefined
  /** chance of each call that fits, above 0 to 1; default 1 */
  readonly rate?: number | undefined
  /** calls that fit and are let pass first; default 0 */
  readonly skip?: number | undefined
  /** hits after which the rule is spent; default no end */
  readonly times?: number | undefined
  /** `delay`: milliseconds, or the least of them when `delayMsMax` is there */
  readonly delayMs?: number | undefined
  readonly delayMsMax?: number | undefined
  /** `error`: default 500 */
  readonly status?: 500 | 503 | undefined
  /** `partial`: chance of each entry to be refused, default 0.5; 1 when `entries`, `partitionKey` or `shardId` say which */
  readonly share?: number | undefined
  /** `partial`: places of the entries that are refused, from 0 */
  readonly entries?: readonly number[] | undefined
  /** `partial`: only entries with this key are refused */
  readonly partitionKey?: string | undefined
  /** `partial`: default `throttled` */
  readonly code?: 'throttled' | 'internal' | undefined
}

export const FAULT_RULES_MAX = 1_000
const DELAY_MS_MAX = 600_000
const ENTRIES_MAX = 500

/** Rules for the next calls of an operation, one each; `ok` lets a call pass. */
export function scriptedFaults(operation: string, steps: readonly (FaultKind | 'ok')[]): FaultRule[] {
  return steps.flatMap((kind, skip) => (kind === 'ok' ? [] : [{ kind, operations: [operation], skip, times: 1 }]))
}

/**
 * Reads rules from parsed JSON: an array of rules and scripts, or one of them.
 * @throws MillraceError `invalid_argument` with the rule's place
 */
export function parseFaultRules(value: unknown): FaultRule[] {
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [value]
  const rules = items.flatMap((item, i) => {
    const members = membersOf(item, i)
    return 'script' in members ? scriptIn(members, i) : [ruleIn(members, i)]
  })
  if (rules.length > FAULT_RULES_MAX)
    throw new MillraceError('invalid_argument', `${rules.length} fault rules refused; at most ${FAULT_RULES_MAX}`)
  return rules
}

type Members = Readonly<Record<string, unknown>>
type Check = (value: unknown) => boolean

const isText: Check = value => typeof value === 'string' && value.length > 0 && value.length <= 512
const isWhole: Check = value => Number.isSafeInteger(value) && (value as number) >= 0
const isChance: Check = value => typeof value === 'number' && value > 0 && value <= 1
const isDelay: Check = value => typeof value === 'number' && value >= 0 && value <= DELAY_MS_MAX
const listOf =
  (check: Check, most: number): Check =>
  value =>
    Array.isArray(value) && value.length > 0 && value.length <= most && value.every(check)

const MEMBERS: Readonly<Record<keyof FaultRule, { readonly check: Check; readonly wants: string }>> = {
  kind: { check: value => FAULT_KINDS.some(kind => kind === value), wants: `one of ${FAULT_KINDS.join(', ')}` },
  operations: { check: listOf(isText, 50), wants: 'a list of operations, such as ["PutRecords"]' },
  streamName: { check: isText, wants: 'a name' },
  shardId: { check: isText, wants: 'a shard id' },
  rate: { check: isChance, wants: 'a number above 0 and at most 1' },
  skip: { check: isWhole, wants: 'a whole number from 0' },
  times: { check: value => isWhole(value) && value !== 0, wants: 'a whole number from 1' },
  delayMs: { check: isDelay, wants: `milliseconds from 0 to ${DELAY_MS_MAX}` },
  delayMsMax: { check: isDelay, wants: `milliseconds from 0 to ${DELAY_MS_MAX}` },
  status: { check: value => value === 500 || value === 503, wants: '500 or 503' },
  share: { check: isChance, wants: 'a number above 0 and at most 1' },
  entries: { check: listOf(isWhole, ENTRIES_MAX), wants: 'a list of places from 0' },
  partitionKey: { check: isText, wants: 'a partition key' },
  code: { check: value => value === 'throttled' || value === 'internal', wants: 'throttled or internal' },
}

function ruleIn(members: Members, place: number): FaultRule {
  for (const [name, value] of Object.entries(members)) {
    const member = Object.hasOwn(MEMBERS, name) ? MEMBERS[name as keyof FaultRule] : undefined
    if (member === undefined)
      refuse(place, `has no member ${JSON.stringify(name)}; members are ${Object.keys(MEMBERS).join(', ')}`)
    else if (!member.check(value)) refuse(place, `${name} ${JSON.stringify(value) ?? '(none)'} must be ${member.wants}`)
  }
  const rule = members as unknown as FaultRule
  if (rule.kind === undefined) refuse(place, `needs a kind: ${FAULT_KINDS.join(', ')}`)
  if (rule.kind === 'delay' && rule.delayMs === undefined) refuse(place, 'is a delay and needs delayMs')
  if ((rule.delayMsMax ?? Number.POSITIVE_INFINITY) < (rule.delayMs ?? 0)) refuse(place, 'delayMsMax is below delayMs')
  return rule
}

function scriptIn(members: Members, place: number): FaultRule[] {
  const { operation, script, ...others } = members
  const isStep: Check = step => step === 'ok' || FAULT_KINDS.some(kind => kind === step && kind !== 'delay')
  if (!isText(operation) || !listOf(isStep, FAULT_RULES_MAX)(script) || Object.keys(others).length > 0)
    refuse(place, 'is a script and has operation and script alone: a name, and a list of ok and kinds other than delay')
  return scriptedFaults(operation as string, script as readonly (FaultKind | 'ok')[])
}

function membersOf(item: unknown, place: number): Members {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) refuse(place, 'must be an object')
  return item as Members
}

function refuse(place: number, what: string): never {
  throw new MillraceError('invalid_argument', `fault rule ${place + 1} ${what}`)
}
