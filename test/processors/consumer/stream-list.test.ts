/** Which streams of a list are said to be gone. */
import { expect, test } from 'vitest'
import { MillraceError } from '../../../core/index.ts'
import { type OpenedStream, StreamList } from '../../../processors/consumer/stream-list.ts'

function world() {
  /** when the stream of a name was created; none: it is not there */
  const createdAt = new Map([
    ['a', 1],
    ['b', 1],
  ])
  const open = async (name: string): Promise<OpenedStream> => {
    const epoch = createdAt.get(name)
    if (epoch === undefined) throw new MillraceError('not_found', `no stream ${name}`)
    return { stream: { streamIdentifier: `1:${name}:${epoch}` } as OpenedStream['stream'], close: async () => {} }
  }
  const list = new StreamList<string>({
    tracker: { streamConfigList: () => ['a'] },
    nameOf: name => name,
    mayBe: (name, identifier) => identifier.startsWith(`1:${name}:`),
    open,
    openByIdentifier: identifier => open(identifier.split(':')[1] ?? ''),
    failed: () => {},
  })
  const refresh = () => list.refresh(() => true)
  return { list, refresh, createdAt }
}

test('a stream that was doubted and is there is not gone, and one whose name another stream has is, until its leases are deleted', async () => {
  const { list, refresh, createdAt } = world()
  await refresh()
  const [before] = list.current
  list.doubt('1:a:1')
  expect(list.isGone('1:a:1')).toBe(true)
  await refresh()
  expect([list.isGone('1:a:1'), list.current[0] === before]).toEqual([false, true])
  list.doubt('1:a:1')
  createdAt.set('a', 2)
  await refresh()
  await refresh()
  expect(list.current.map(({ streamIdentifier }) => streamIdentifier)).toEqual(['1:a:2'])
  expect([list.isNamed('1:a:1'), list.isGone('1:a:1'), list.isGone('1:a:2')]).toEqual([false, true, false])
  list.forget('1:a:1')
  expect(list.isGone('1:a:1')).toBe(false)
})

test('a stream of a lease that cannot be found is gone', async () => {
  const { list, refresh, createdAt } = world()
  await refresh()
  createdAt.delete('b')
  await expect(list.find('1:b:1')).rejects.toMatchObject({ code: 'not_found' })
  expect([list.isGone('1:b:1'), list.isGone('1:a:1')]).toEqual([true, false])
})
