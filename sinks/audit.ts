/**
 * Proves a delivery from its manifests: every object is there as it was delivered, none is there that was not, and every record
 * that was taken over is in exactly one object.
 *
 *   objects   receipt -> size -> sha256
 *   records   numbers of a run: taken = delivered + dropped + open
 *   places    shards: two runs of one stream that delivered the same places delivered them twice
 *
 * What no manifest can tell: places that no run has read. The owner of the positions knows.
 */
import { createHash } from 'node:crypto'
import { hasCode, MillraceError } from '../core/index.ts'
import { isBook, MANIFESTS, type ManifestObject, manifestKey, readManifest } from './manifest-object.ts'
import { streamOf } from './object-name.ts'
import { compareShardPlaces, mergedRanges, type NumberRange, type Receipt, type ShardPlace } from './receipt.ts'
import { type OpenStore, readWhole } from './stores/store.ts'

/** Receipts that one audit holds in memory. */
export const AUDIT_RECEIPTS_MAX = 2_000_000
/** Findings that are told one by one; all are counted. */
export const AUDIT_FINDINGS_MAX = 1_000

/**
 * `missing`, `altered`, `extra`: an object that is gone, differs, or is in no manifest; `gap`, `overlap`: records in no object, or
 * in two; `manifest`: a manifest that is gone or cannot be read; `open`: a run that ended without a close.
 */
export type AuditFindingKind = 'missing' | 'altered' | 'extra' | 'gap' | 'overlap' | 'manifest' | 'open'

export interface AuditFinding {
  readonly kind: AuditFindingKind
  readonly text: string
}

export interface AuditReport {
  readonly manifests: number
  readonly objects: number
  readonly records: number
  readonly sizeBytes: number
  /** the first `AUDIT_FINDINGS_MAX` */
  readonly findings: readonly AuditFinding[]
  readonly counts: Readonly<Record<AuditFindingKind, number>>
  /** nothing was found, but for runs that are open */
  readonly proven: boolean
}

export interface AuditOptions {
  /**
   * Only objects whose keys begin so may be extra. Default: all but our books, and folders that begin with `_` to which
   * nothing was delivered: those are the books of others
   */
  readonly prefix?: string
  /** only this delivery stream */
  readonly stream?: string
  /** false: compare sizes alone, without reading objects. Default true */
  readonly digests?: boolean
}

interface Run {
  readonly stream: string
  readonly name: string
  readonly manifests: ManifestObject[]
}

class Findings {
  readonly kept: AuditFinding[] = []
  readonly counts: Record<AuditFindingKind, number> = {
    missing: 0,
    altered: 0,
    extra: 0,
    gap: 0,
    overlap: 0,
    manifest: 0,
    open: 0,
  }

  add(kind: AuditFindingKind, text: string): void {
    this.counts[kind]++
    if (this.kept.length < AUDIT_FINDINGS_MAX) this.kept.push({ kind, text })
  }
}

/** @throws MillraceError `not_found` where there is no manifest, `limit_exceeded`, and what the store throws */
export async function auditDelivery(store: OpenStore, options: AuditOptions = {}): Promise<AuditReport> {
  const findings = new Findings()
  const runs = await runsIn(store, options, findings)
  if (runs.length === 0)
    throw new MillraceError(
      'not_found',
      `${store.place}: there are no manifests below ${MANIFESTS}; only streams with manifests can be audited`,
    )
  const receipts = runs.flatMap(run => run.manifests.flatMap(manifest => manifest.receipts))
  for (const run of runs) {
    checkSequence(run, findings)
    checkNumbers(run, findings)
  }
  checkPlaces(runs, findings)
  await checkObjects(store, receipts, options, findings)
  const { counts } = findings
  return {
    manifests: runs.reduce((sum, { manifests }) => sum + manifests.length, 0),
    objects: receipts.length,
    records: receipts.reduce((sum, { rows }) => sum + rows, 0),
    sizeBytes: receipts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    findings: findings.kept,
    counts,
    proven: Object.entries(counts).every(([kind, count]) => kind === 'open' || count === 0),
  }
}

async function runsIn(store: OpenStore, options: AuditOptions, findings: Findings): Promise<readonly Run[]> {
  const runs = new Map<string, Run>()
  let receipts = 0
  for await (const { key } of store.list(options.stream === undefined ? MANIFESTS : `${MANIFESTS}${options.stream}/`)) {
    try {
      const manifest = readManifest(key, await readWhole(store, key))
      if (manifestKey(manifest) !== key)
        throw new MillraceError('unreadable_input', `manifest ${key}: it belongs elsewhere`)
      receipts += manifest.receipts.length
      const id = `${manifest.stream}/${manifest.run}`
      const run = runs.get(id) ?? { stream: manifest.stream, name: manifest.run, manifests: [] }
      runs.set(id, run)
      run.manifests.push(manifest)
    } catch (error) {
      if (!hasCode(error, 'unreadable_input')) throw error
      findings.add('manifest', error instanceof Error ? error.message : String(error))
    }
    if (receipts > AUDIT_RECEIPTS_MAX)
      throw new MillraceError(
        'limit_exceeded',
        `${store.place}: more than ${AUDIT_RECEIPTS_MAX} objects; audit one stream after the other`,
      )
  }
  for (const { manifests } of runs.values()) manifests.sort((a, b) => a.number - b.number)
  return [...runs.values()]
}

/** Manifests of a run count from 1 without a gap. */
function checkSequence({ stream, name, manifests }: Run, findings: Findings): void {
  let next = 1
  for (const { number } of manifests) {
    for (; next < number; next++)
      findings.add('manifest', `manifest ${manifestKey({ stream, run: name, number: next })}: it is gone`)
    next = number + 1
  }
}

/** Each number that was taken is in one object, was dropped, or is open. */
function checkNumbers({ stream, name, manifests }: Run, findings: Findings): void {
  const run = `stream ${stream}, run ${name}`
  const taken = mergedRanges(manifests.flatMap(({ taken: range }) => (range === null ? [] : [range])))
  const delivered: { readonly range: NumberRange; readonly where: string }[] = []
  let untold = 0
  for (const { receipts, dropped } of manifests) {
    for (const range of dropped) delivered.push({ range, where: 'the dropped records' })
    for (const { kind, key, numbers, rows } of receipts) {
      // A copy of the source is beside the data.
      if (kind === 'backup') continue
      if (numbers === null) untold += rows
      else for (const range of numbers) delivered.push({ range, where: key })
    }
  }
  delivered.sort((a, b) => a.range[0] - b.range[0])
  let gaps: NumberRange[] = []
  let before: { readonly end: number; readonly where: string } | null = null
  for (const { range, where } of delivered) {
    if (before !== null && range[0] <= before.end)
      findings.add(
        'overlap',
        `${run}: records ${rangeText([range[0], Math.min(range[1], before.end)])} are in ${before.where} and in ${where}`,
      )
    if (before === null || range[1] > before.end) before = { end: range[1], where }
  }
  const covered = mergedRanges(joined(delivered.map(({ range }) => range)))
  gaps = [...difference(taken, covered)]
  for (const range of difference(covered, taken))
    findings.add(
      'manifest',
      `${run}: records ${rangeText(range)} were delivered and no manifest says that they were taken`,
    )
  const missing = gaps.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  const last = manifests[manifests.length - 1]
  const open = last?.openRecords ?? 0
  if (missing !== open + untold)
    for (const range of gaps)
      findings.add(
        'gap',
        `${run}: records ${rangeText(range)} are in no object${untold > 0 ? `, or among the ${untold} that are told by their count` : ''}`,
      )
  else if (last?.closed === false && open > 0)
    findings.add('open', `${run}: it is at work or ended without a close; ${open} records were in open objects`)
}

/** Sorted ranges that may overlap, as ranges that do not. */
function joined(ranges: readonly NumberRange[]): readonly NumberRange[] {
  const result: [number, number][] = []
  for (const [first, end] of ranges) {
    const last = result[result.length - 1]
    if (last !== undefined && first <= last[1] + 1) last[1] = Math.max(last[1], end)
    else result.push([first, end])
  }
  return result
}

/** What is in `whole` and not in `part`, both ascending and without overlaps. */
function* difference(whole: readonly NumberRange[], part: readonly NumberRange[]): Iterable<NumberRange> {
  let at = 0
  for (const [first, last] of whole) {
    let from = first
    while (at < part.length && (part[at]?.[1] ?? 0) < from) at++
    for (let i = at; i < part.length && from <= last; i++) {
      const [start, end] = part[i] ?? [0, 0]
      if (start > last) break
      if (start > from) yield [from, start - 1]
      from = Math.max(from, end + 1)
    }
    if (from <= last) yield [from, last]
  }
}

/** Runs of one stream that read the same places of a shard. */
function checkPlaces(runs: readonly Run[], findings: Findings): void {
  const hulls = new Map<string, { run: string; first: ShardPlace; last: ShardPlace }[]>()
  for (const { stream, name, manifests } of runs)
    for (const receipt of manifests.flatMap(({ receipts }) => receipts)) {
      if (receipt.kind === 'backup') continue
      for (const { shardId, first, last } of receipt.shards) {
        const shard = `${stream}, shard ${shardId}`
        const of = hulls.get(shard) ?? []
        hulls.set(shard, of)
        const hull = of.find(({ run }) => run === name)
        if (hull === undefined) of.push({ run: name, first, last })
        else {
          if (compareShardPlaces(first, hull.first) < 0) hull.first = first
          if (compareShardPlaces(last, hull.last) > 0) hull.last = last
        }
      }
    }
  for (const [shard, of] of hulls) {
    of.sort((a, b) => compareShardPlaces(a.first, b.first))
    let before = of[0]
    for (const hull of of.slice(1)) {
      if (before !== undefined && compareShardPlaces(hull.first, before.last) <= 0) {
        const end = compareShardPlaces(hull.last, before.last) < 0 ? hull.last : before.last
        findings.add(
          'overlap',
          `stream ${shard}: run ${before.run} and run ${hull.run} both delivered from ${placeText(hull.first)} to ${placeText(end)}`,
        )
      }
      if (before === undefined || compareShardPlaces(hull.last, before.last) > 0) before = hull
    }
  }
}

async function checkObjects(
  store: OpenStore,
  receipts: readonly Receipt[],
  { prefix, digests = true, stream }: AuditOptions,
  findings: Findings,
): Promise<void> {
  const wanted = new Map(receipts.map(receipt => [receipt.key, receipt]))
  const there = new Map<string, number>()
  const firstPart = (key: string): string => key.slice(0, key.indexOf('/') + 1)
  const folders = new Set([...wanted.keys()].map(firstPart))
  const isOthers = (key: string): boolean => prefix === undefined && key.startsWith('_') && !folders.has(firstPart(key))
  for await (const { key, sizeBytes } of store.list(prefix ?? '')) {
    if (wanted.has(key)) there.set(key, sizeBytes)
    // The objects of other streams are theirs.
    else if ((stream === undefined || streamOf(key) === stream) && !isBook(key) && !isOthers(key))
      findings.add('extra', `object ${key}: ${sizeBytes} bytes that no manifest knows`)
  }
  // Objects elsewhere are looked for in their folders.
  const elsewhere = [...wanted.keys()].filter(key => !key.startsWith(prefix ?? ''))
  for (const folder of new Set(elsewhere.map(key => key.slice(0, key.lastIndexOf('/') + 1))))
    for await (const { key, sizeBytes } of store.list(folder)) if (wanted.has(key)) there.set(key, sizeBytes)
  for (const [key, { sizeBytes, sha256, rows }] of wanted) {
    const found = there.get(key)
    if (found === undefined) findings.add('missing', `object ${key}: it is gone, with ${rows} records`)
    else if (found !== sizeBytes) findings.add('altered', `object ${key}: it has ${found} bytes and had ${sizeBytes}`)
    else if (digests) {
      const digest = await digestOf(store, key)
      if (digest === null) findings.add('missing', `object ${key}: it is gone, with ${rows} records`)
      else if (digest !== sha256) findings.add('altered', `object ${key}: its bytes are not those that were delivered`)
    }
  }
}

async function digestOf(store: OpenStore, key: string): Promise<string | null> {
  const hash = createHash('sha256')
  try {
    for await (const piece of store.read(key)) hash.update(piece)
  } catch (error) {
    if (hasCode(error, 'not_found')) return null
    throw error
  }
  return hash.digest('hex')
}

const rangeText = ([first, last]: NumberRange): string =>
  first === last ? `number ${first}` : `number ${first} to ${last}`
const placeText = ({ sequenceNumber, subsequenceNumber }: ShardPlace): string =>
  subsequenceNumber === 0 ? sequenceNumber : `${sequenceNumber}:${subsequenceNumber}`
