/** Files of a process that stands still (SIGSTOP) before one of its calls, counted from 1, until it is told to go on. */
import type { Files } from '../../core/env.ts'

export interface StoppedFiles {
  /** resolves when the process stands still */
  readonly reached: Promise<void>
  /** the files as that process has them; calls of handles are not counted */
  files(of: Files): Files
  goOn(): void
}

export function stopAt(step: number): StoppedFiles {
  let reach = (): void => {}
  let goOn = (): void => {}
  const reached = new Promise<void>(resolve => {
    reach = resolve
  })
  const going = new Promise<void>(resolve => {
    goOn = resolve
  })
  let calls = 0
  const before = async (): Promise<void> => {
    if (++calls !== step) return
    reach()
    await going
  }
  return {
    reached,
    goOn,
    files: of =>
      new Proxy(of, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name, target)
          if (typeof member !== 'function') return member
          return async (...args: unknown[]) => {
            await before()
            return member.apply(target, args) as unknown
          }
        },
      }),
  }
}
