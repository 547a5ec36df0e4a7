/** Every second golden program, from the first. */
import { judgeHalf } from './judge.ts'

judgeHalf(0)
