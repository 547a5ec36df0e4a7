/** Configuration files of Java programs. */

/** Keys and values by the rules of java.util.Properties: comments, continued lines, escapes, three separators; the last of equal keys wins. */
export function javaProperties(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of logicalLines(text)) {
    let at = 0
    while (at < line.length && !/[=:\s]/.test(line.charAt(at))) at += line.charAt(at) === '\\' ? 2 : 1
    const rest = line.slice(at).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')
    found.set(unescaped(line.slice(0, at)), unescaped(rest))
  }
  return found
}

function logicalLines(text: string): string[] {
  const lines: string[] = []
  let open = ''
  let continued = false
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    const line = raw.replace(/^[ \t\f]+/, '')
    if (!continued && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    const backslashes = /\\*$/.exec(line)?.[0].length ?? 0
    continued = backslashes % 2 === 1
    open += continued ? line.slice(0, -1) : line
    if (continued) continue
    lines.push(open)
    open = ''
  }
  if (open !== '') lines.push(open)
  return lines
}

function unescaped(text: string): string {
  const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' }
  return text.replace(/\\(?:u([\da-fA-F]{4})|(.))/g, (_, unicode: string | undefined, one: string | undefined) =>
    unicode === undefined ? (controls[one ?? ''] ?? one ?? '') : String.fromCharCode(Number.parseInt(unicode, 16)),
  )
}
