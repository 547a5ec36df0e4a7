/** What is not the same in two sets of files, as lines that a person reads. */

/** Lines of one file at most; the rest is counted. */
const LINES_SHOWN_MAX = 40
const VALUE_CHARACTERS_MAX = 160

/**
 * @param before texts by path, null where there is no such file
 * @returns empty when every file is the same; in JSON only what it says counts, not how it is written
 */
export function differenceOf(
  before: ReadonlyMap<string, string | null>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  const lines: string[] = []
  for (const [path, text] of after) {
    const old = before.get(path) ?? null
    if (old === null) lines.push(`+ ${path}`)
    else if (old !== text) {
      const changes = path.endsWith('.json') ? jsonChanges(old, text) : textChanges(old, text)
      if (changes.length > 0) lines.push(`~ ${path}`, ...shortened(changes).map(change => `    ${change}`))
    }
  }
  return lines
}

function shortened(changes: readonly string[]): readonly string[] {
  if (changes.length <= LINES_SHOWN_MAX) return changes
  return [...changes.slice(0, LINES_SHOWN_MAX), `... and ${changes.length - LINES_SHOWN_MAX} more`]
}

function jsonChanges(before: string, after: string): readonly string[] {
  let old: unknown
  try {
    old = JSON.parse(before)
  } catch {
    return ['it is no JSON']
  }
  const changes: string[] = []
  compare('', old, JSON.parse(after), changes)
  return changes
}

/** Members by name; elements of a list by their id or refId where they have one, so that a panel that moved is the same panel. */
function compare(place: string, old: unknown, now: unknown, changes: string[]): void {
  if (isObject(old) && isObject(now)) {
    for (const key of new Set([...Object.keys(old), ...Object.keys(now)]))
      compare(place === '' ? key : `${place}.${key}`, old[key], now[key], changes)
    return
  }
  if (Array.isArray(old) && Array.isArray(now)) {
    const [left, right] = [byName(old), byName(now)]
    for (const name of new Set([...left.keys(), ...right.keys()]))
      compare(`${place}[${name}]`, left.get(name), right.get(name), changes)
    return
  }
  if (Object.is(old, now)) return
  if (old === undefined) changes.push(`+ ${place}: ${shown(now)}`)
  else if (now === undefined) changes.push(`- ${place}: ${shown(old)}`)
  else changes.push(`${place}: ${shown(old)} -> ${shown(now)}`)
}

function byName(list: readonly unknown[]): ReadonlyMap<string, unknown> {
  const named = new Map<string, unknown>()
  list.forEach((element, index) => {
    const { title, id, refId } = isObject(element) ? element : {}
    const name =
      typeof refId === 'string'
        ? refId
        : typeof title === 'string'
          ? `"${title}"${typeof id === 'number' ? ` ${id}` : ''}`
          : String(index)
    named.set(named.has(name) ? `${name} (${index})` : name, element)
  })
  return named
}

function shown(value: unknown): string {
  if (isObject(value) && typeof value['title'] === 'string') return `"${value['title']}"`
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX)}...`
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Lines that are in one only; the files are short, and their lines are different from each other. */
function textChanges(before: string, after: string): readonly string[] {
  const [old, now] = [before.split('\n'), after.split('\n')]
  const [oldLines, nowLines] = [new Set(old), new Set(now)]
  const changes = [
    ...old.filter(line => !nowLines.has(line)).map(line => `- ${line.trim()}`),
    ...now.filter(line => !oldLines.has(line)).map(line => `+ ${line.trim()}`),
  ]
  return changes.length > 0 ? changes : ['its lines are in another order']
}
