/** Files of a Node process, with errors that name the path. */
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle, Files } from '../env.ts'
import { type ErrorCode, MillraceError } from '../errors.ts'

/** Runs a file operation and turns what the system says into a MillraceError. */
async function told<T>(code: ErrorCode, what: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (cause) {
    const system = errnoOf(cause)
    if (system === 'ENOENT') throw new MillraceError('not_found', `${what}: no such file or directory`, { cause })
    if (system === 'EEXIST') throw new MillraceError('already_exists', `${what}: it exists already`, { cause })
    const reason: Record<string, string> = {
      EACCES: 'permission denied',
      EPERM: 'operation not permitted',
      EISDIR: 'it is a directory',
      ENOTDIR: 'a part of the path is no directory',
      ENOSPC: 'the disk is full',
      EROFS: 'the file system is read-only',
      EMFILE: 'too many open files',
      ENOTSUP: 'the file system cannot do that',
      EXDEV: 'they lie on different file systems',
    }
    const retry = system === 'ENOSPC' || system === 'EMFILE' ? 'backoff' : 'never'
    throw new MillraceError(code, `${what}: ${reason[system] ?? (system || String(cause))}`, { cause, retry })
  }
}

function errnoOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
}

const FLAGS = { read: 'r', create: 'wx+', update: 'r+' } as const

export const nodeFiles: Files = {
  async open(path, mode): Promise<FileHandle> {
    const code: ErrorCode = mode === 'read' ? 'unreadable_input' : 'unwritable_output'
    const handle = await told(code, `open ${path}`, async () => {
      try {
        return await open(path, FLAGS[mode])
      } catch (error) {
        if (mode === 'update' && errnoOf(error) === 'ENOENT')
          return await open(path, 'a+').then(async made => (await made.close(), await open(path, 'r+')))
        throw error
      }
    })
    return {
      read: (into, position) =>
        told('unreadable_input', `read ${path}`, async () => {
          let done = 0
          while (done < into.length) {
            const { bytesRead } = await handle.read(into, done, into.length - done, position + done)
            if (bytesRead === 0) break
            done += bytesRead
          }
          return done
        }),
      write: (bytes, position) =>
        told('unwritable_output', `write ${path}`, async () => {
          for (let done = 0; done < bytes.length; )
            done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten
        }),
      truncate: sizeBytes => told('unwritable_output', `truncate ${path}`, () => handle.truncate(sizeBytes)),
      sync: () => told('unwritable_output', `sync ${path}`, () => handle.sync()),
      sizeBytes: () => told('unreadable_input', `stat ${path}`, async () => (await handle.stat()).size),
      close: () => told('unwritable_output', `close ${path}`, () => handle.close()),
    }
  },
  async stat(path) {
    try {
      const found = await stat(path)
      return { sizeBytes: found.size, modifiedAt: found.mtimeMs, isDirectory: found.isDirectory() }
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return null
      return told('unreadable_input', `stat ${path}`, () => Promise.reject(error))
    }
  },
  list: directory =>
    told('unreadable_input', `list ${directory}`, async () => {
      try {
        return (await readdir(directory)).sort()
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return []
        throw error
      }
    }),
  makeDirectory: path =>
    told('unwritable_output', `make directory ${path}`, async () => void (await mkdir(path, { recursive: true }))),
  rename: (from, to) => told('unwritable_output', `rename ${from} to ${to}`, () => rename(from, to)),
  link: (from, to) => told('unwritable_output', `link ${to} to ${from}`, () => link(from, to)),
  remove: path => told('unwritable_output', `remove ${path}`, () => rm(path, { force: true, recursive: true })),
  async syncDirectory(path) {
    // Some systems refuse to open or sync a directory; what they offer is then all there is.
    try {
      const handle = await open(path, 'r')
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    } catch (error) {
      if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP'].includes(errnoOf(error)))
        await told('unwritable_output', `sync ${path}`, () => Promise.reject(error))
    }
  },
  readAll: path => told('unreadable_input', `read ${path}`, () => readFile(path)),
}
