/** What a stream promises, over each way to it and with records in memory and in files. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cborWay, processWay, sdkWay, type Way } from './conformance.ts'
import { CASES } from './conformance-cases.ts'

let directory = ''

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-streams-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const WAYS: readonly { name: string; open: () => Promise<Way> }[] = [
  { name: 'SDK over HTTP/2, memory', open: () => sdkWay('h2') },
  { name: 'SDK over HTTP/2, files', open: () => sdkWay('h2', directory) },
  { name: 'SDK over HTTP/1.1, memory', open: () => sdkWay('http1') },
  { name: 'CBOR over HTTP/1.1, memory', open: () => cborWay() },
  { name: 'in process, memory', open: () => processWay() },
  { name: 'in process, files', open: () => processWay(directory) },
]

describe.each(WAYS)('a stream, $name', ({ open }) => {
  let way: Way

  beforeEach(async () => {
    way = await open()
  })

  afterEach(() => way.close())

  test.each(CASES)('$promise', async ({ ask }) => {
    const { got, expected } = await ask(way, 's')
    expect(got).toEqual(expected)
  })
})
