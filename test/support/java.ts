/** Java as a judge: a program in its source form is run once over lines of cases. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** True where `java` can run a source file; says so on the console where it cannot. */
export const HAS_JAVA: boolean = (() => {
  const found = spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0
  if (!found) console.log('skipped: comparison with java.util.regex and java.text needs a `java` command')
  return found
})()

/**
 * The lines that the program prints for lines that it reads. Cases and answers are JSON strings joined by tabs in the
 * sense of `fieldsOf`: no field has a raw tab or line end.
 */
export function runJava(source: string, lines: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-java-'))
  try {
    const file = join(folder, 'Judge.java')
    writeFileSync(file, source)
    const { stdout, stderr, status } = spawnSync('java', ['-Dfile.encoding=UTF-8', '-Duser.timezone=UTC', file], {
      input: `${lines.join('\n')}\n`,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      cwd: folder,
      timeout: 60_000,
    })
    if (status !== 0) throw new Error(`java failed: ${stderr}`)
    return stdout.split('\n').slice(0, lines.length)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A text as UTF-16 units in hexadecimal, so that nothing is lost on the way. */
export function hexOf(text: string): string {
  let hex = ''
  for (let i = 0; i < text.length; i++) hex += text.charCodeAt(i).toString(16).padStart(4, '0')
  return hex
}

/** Java's side of `hexOf`, for the sources of judges. */
export const JAVA_HEX = `
  static String text(String hex) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < hex.length(); i += 4) out.append((char) Integer.parseInt(hex.substring(i, i + 4), 16));
    return out.toString();
  }
  static String hex(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) out.append(String.format("%04x", (int) text.charAt(i)));
    return out.toString();
  }
`
