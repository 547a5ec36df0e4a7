/** The containers of compressed objects, each read back by a decoder that is not ours. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import { snappyUncompress } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, crc32 } from '../../sinks/compress.ts'
import { CONTAINERS, type CompressionFormat } from '../../sinks/containers/container.ts'
import { HAS_JAVA } from '../support/java.ts'
import { seededRandom } from '../support/memory-env.ts'

/** Contents around every edge: nothing, a byte, one chunk of 32 KiB and its neighbours, several blocks, and noise. */
const random = seededRandom(7)
const line = '{"customer":"acme","page":"/checkout","ms":1234}\n'
const CONTENTS: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array(0)],
  ['one byte', new Uint8Array([0])],
  ['a chunk less one', Buffer.from(line.repeat(700)).subarray(0, 32_767)],
  ['a chunk', Buffer.from(line.repeat(700)).subarray(0, 32_768)],
  ['a chunk and one', Buffer.from(line.repeat(700)).subarray(0, 32_769)],
  ['three blocks', Buffer.from(line.repeat(8_000))],
  ['noise', random.bytes(300_000)],
]

async function container(format: CompressionFormat, content: Uint8Array): Promise<Uint8Array> {
  const compressor = await CONTAINERS[format].create(seededRandom(1))
  const parts: Uint8Array[] = []
  for (let at = 0; at < content.length; at += BLOCK_BYTES)
    parts.push(compressor.compress(content.subarray(at, at + BLOCK_BYTES)))
  return Buffer.concat([...parts, compressor.finish()])
}

function has(command: string, ...args: readonly string[]): boolean {
  const found = spawnSync(command, args, { stdio: 'ignore' }).error === undefined
  if (!found) console.log(`skipped: a comparison needs the command ${command}`)
  return found
}

function output(command: string, args: readonly string[], input?: Uint8Array): Uint8Array {
  const { status, stdout, stderr } = spawnSync(command, args, { input, maxBuffer: 1 << 26 })
  expect([command, status, stderr.toString()]).toEqual([command, 0, ''])
  return new Uint8Array(stdout)
}

/** snappy-java, which comes with the jars of the Kafka judge. */
const LIB = join(import.meta.dirname, '../oracles/kafka/lib')
const SNAPPY_JAVA = ((): string | null => {
  const jar = existsSync(LIB) ? readdirSync(LIB).find(name => name.startsWith('snappy-java')) : undefined
  if (jar !== undefined && HAS_JAVA) return join(LIB, jar)
  console.log('skipped: Snappy is not compared with snappy-java: needs java and the jars of test/oracles/kafka')
  return null
})()

const JUDGE = `
import java.io.*; import org.xerial.snappy.*;
public class Judge { public static void main(String[] a) throws Exception {
  for (int i = 1; i < a.length; i++)
    try (InputStream in = new FileInputStream(a[i]); OutputStream out = new FileOutputStream(a[i] + ".out")) {
      if (a[0].equals("read")) new SnappyInputStream(in).transferTo(out);
      else try (OutputStream framed = new SnappyHadoopCompatibleOutputStream(out)) { in.transferTo(framed); }
    }
}}`

function snappyJava(mode: 'read' | 'hadoop', inputs: readonly Uint8Array[]): readonly Uint8Array[] {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-snappy-'))
  try {
    writeFileSync(join(folder, 'Judge.java'), JUDGE)
    const files = inputs.map((bytes, index) => {
      const file = join(folder, String(index))
      writeFileSync(file, bytes)
      return file
    })
    output('java', ['-cp', SNAPPY_JAVA ?? '', join(folder, 'Judge.java'), mode, ...files])
    return files.map(file => readFileSync(`${file}.out`))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The blocks of a Hadoop stream, uncompressed by hyparquet's reader of raw Snappy. */
function hadoopBlocks(bytes: Uint8Array): Uint8Array[] {
  const view = Buffer.from(bytes)
  const blocks: Uint8Array[] = []
  for (let at = 0; at < view.length; ) {
    const block = new Uint8Array(view.readUInt32BE(at))
    const size = view.readUInt32BE(at + 4)
    snappyUncompress(new Uint8Array(view.subarray(at + 8, at + 8 + size)), block)
    blocks.push(block)
    at += 8 + size
  }
  return blocks
}

describe('containers', () => {
  it.each(CONTENTS)('GZIP of %s is one member for gzip', async (_, content) => {
    const bytes = await container('GZIP', content)
    expect(zlib.gunzipSync(bytes).equals(content)).toBe(true)
    expect(Buffer.from(output('gzip', ['-dc'], bytes)).equals(content)).toBe(true)
  })

  it.each(CONTENTS)('ZIP of %s has one entry, named by a UUID, for unzip and for Python', async (_, content) => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-zip-'))
    try {
      const file = join(folder, 'object.zip')
      writeFileSync(file, await container('ZIP', content))
      const uuid = seededRandom(1).uuid()
      if (has('unzip', '-v')) {
        expect(Buffer.from(output('unzip', ['-p', file])).equals(content)).toBe(true)
        expect(Buffer.from(output('unzip', ['-Z1', file])).toString()).toBe(`${uuid}\n`)
      }
      if (has('python3', '--version')) {
        const program =
          'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; n=z.namelist(); assert len(n)==1; sys.stderr.write(""); sys.stdout.buffer.write(n[0].encode()+b" "+z.read(n[0]))'
        const read = Buffer.from(output('python3', ['-c', program, file]))
        expect(read.subarray(0, 37).toString()).toBe(`${uuid} `)
        expect(read.subarray(37).equals(content)).toBe(true)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('Snappy is what snappy-java reads', async () => {
    const all = await Promise.all(CONTENTS.map(([, content]) => container('Snappy', content)))
    for (const bytes of all)
      expect(Buffer.from(bytes.subarray(0, 16)).toString('hex')).toBe('82534e41505059000000000100000001')
    if (SNAPPY_JAVA === null) return
    snappyJava('read', all).forEach((read, index) => {
      const [name, content] = CONTENTS[index] ?? ['', new Uint8Array(0)]
      expect([name, Buffer.from(read).equals(content)]).toEqual([name, true])
    })
  })

  it('HADOOP_SNAPPY is framed as snappy-java frames it, block by block', async () => {
    const all = await Promise.all(CONTENTS.map(([, content]) => container('HADOOP_SNAPPY', content)))
    const ours = all.map(hadoopBlocks)
    ours.forEach((blocks, index) => {
      expect(Buffer.concat(blocks).equals(CONTENTS[index]?.[1] ?? Buffer.from('none'))).toBe(true)
      expect(blocks.slice(0, -1).every(block => block.length === 32_768)).toBe(true)
    })
    if (SNAPPY_JAVA === null) return
    const contents = CONTENTS.map(([, content]) => content)
    const theirs = snappyJava('hadoop', contents).map(hadoopBlocks)
    expect(ours.map(blocks => blocks.map(({ length }) => length))).toEqual(
      theirs.map(blocks => blocks.map(({ length }) => length)),
    )
  })

  it.each(CONTENTS)('ZSTD of %s is read by zstd, or refused by name where Node has none', async (_, content) => {
    if (!('zstdCompressSync' in zlib)) {
      await expect(container('ZSTD', content)).rejects.toThrow('CompressionFormat ZSTD: Node has it from 22.15 on')
      return
    }
    if (!has('zstd', '--version')) return
    const bytes = await container('ZSTD', content)
    expect(Buffer.from(bytes.length === 0 ? bytes : output('zstd', ['-dcq'], bytes)).equals(content)).toBe(true)
  })

  it('give the same bytes for the same content', async () => {
    for (const format of ['GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY'] as const) {
      const [first, second] = [await container(format, Buffer.from(line)), await container(format, Buffer.from(line))]
      expect(Buffer.from(first).equals(second)).toBe(true)
    }
  })

  it('have the extensions and the Content-Encoding of the service', () => {
    const table = Object.entries(CONTAINERS).map(([format, { extension, contentEncoding }]) => [
      format,
      extension,
      contentEncoding,
    ])
    expect(table).toEqual([
      ['UNCOMPRESSED', '', null],
      ['GZIP', '.gz', 'gzip'],
      ['ZIP', '.zip', 'zip'],
      ['Snappy', '.snappy', 'snappy-java'],
      ['HADOOP_SNAPPY', '.snappy', 'hadoop-snappy'],
      ['ZSTD', '.zst', 'zstd'],
    ])
  })
})

describe('crc32', () => {
  it('is that of RFC 1952 over any cut', () => {
    const text = new TextEncoder().encode('123456789')
    expect(crc32(text)).toBe(0xcbf43926)
    expect(crc32(text.subarray(4), crc32(text.subarray(0, 4)))).toBe(0xcbf43926)
  })
})
