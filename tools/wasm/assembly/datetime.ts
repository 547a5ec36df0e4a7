/** Dates `yyyy-MM-dd` and times `HH:mm:ss[.f{1,9}]`; every other form is left to the slow way. */
import { word } from './word'

/** The address after the time that `timeOf` has just read. */
export let timeEnd: usize = 0

/** The number that two digits write, or 100 and more. */
function two(at: usize): u32 {
  const tens = <u32>load<u8>(at) - 0x30
  const ones = <u32>load<u8>(at, 1) - 0x30
  return tens < 10 && ones < 10 ? tens * 10 + ones : 100
}

/** Days since 1970-01-01, or i32.MIN_VALUE when there is no such date. Years count from March. */
export function dateOf(at: usize): i32 {
  const century = two(at)
  const yearOfCentury = two(at + 2)
  const month = <i32>two(at + 5)
  const day = <i32>two(at + 8)
  if (century > 99 || yearOfCentury > 99 || month < 1 || month > 12 || day < 1) return i32.MIN_VALUE
  if (load<u8>(at, 4) != 0x2d || load<u8>(at, 7) != 0x2d) return i32.MIN_VALUE
  const year = <i32>(century * 100 + yearOfCentury)
  if (year < 1) return i32.MIN_VALUE
  const leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  let length = 31
  if (month == 4 || month == 6 || month == 9 || month == 11) length = 30
  else if (month == 2) length = leap ? 29 : 28
  if (day > length) return i32.MIN_VALUE
  const y = month > 2 ? year : year - 1
  const era = y / 400
  const yearOfEra = y - era * 400
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
}

/** Put in place where it is called; only methods may have decorators in the syntax of TypeScript. */
export abstract class Clock {
  /** Milliseconds of the day that the bytes of `HH:mm:ss` and `.fff` say, or -1. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static msOf(clockBytes: u64, partBytes: u32): i32 {
    // The difference of each byte to that of `00:00:00.000`.
    const clock = clockBytes ^ word(0x30303a30, 0x303a3030)
    const part = partBytes ^ 0x3030302e
    const strange =
      (((clock + word(0x76767676, 0x76767676)) | clock) & word(0x80808080, 0x80808080)) |
      (clock & word(0x0000ff00, 0x00ff0000)) |
      <u64>((part & 0xff) | (((part + 0x76767600) | part) & 0x80808000))
    const twos = clock * 10 + (clock >> 8)
    const hour = <u32>twos & 0xff
    const minute = <u32>(twos >> 24) & 0xff
    const second = <u32>(twos >> 48) & 0xff
    if (strange != 0 || hour > 23 || minute > 59 || second > 59) return -1
    const digits = part >> 8
    return <i32>(
      (((hour * 60 + minute) * 60 + second) * 1000 +
        (digits & 0xff) * 100 +
        ((digits >> 8) & 0xff) * 10 +
        (digits >> 16))
    )
  }
}

/** Milliseconds of the day, or -1. Digits past the millisecond are cut. */
export function timeOf(start: usize): i32 {
  const ms = Clock.msOf(load<u64>(start), load<u32>(start, 8))
  if (ms < 0 || <u32>load<u8>(start, 12) - 0x30 < 10) return longTimeOf(start)
  timeEnd = start + 12
  return ms
}

/** As `timeOf`, with any number of digits after the second. */
function longTimeOf(start: usize): i32 {
  const hour = two(start)
  const minute = two(start + 3)
  const second = two(start + 6)
  if (hour > 23 || minute > 59 || second > 59) return -1
  if (load<u8>(start, 2) != 0x3a || load<u8>(start, 5) != 0x3a) return -1
  let ms = <i32>((hour * 60 + minute) * 60 + second) * 1000
  let at = start + 8
  if (load<u8>(at) == 0x2e) {
    const point = ++at
    let unit = 100
    let digit: u32
    while ((digit = <u32>load<u8>(at) - 0x30) < 10) {
      ms += <i32>digit * unit
      unit /= 10
      at++
    }
    const digits = at - point
    if (digits == 0 || digits > 9) return -1
  }
  timeEnd = at
  return ms
}
