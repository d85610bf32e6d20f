/**
 * Runs bench/naive.ts or bench/floor.ts in a separate process, like the daemon. Its first argument names what to do.
 */

import { passAll } from '../floor.ts'
import { answerAll } from '../naive.ts'

const order = JSON.parse(process.argv[2] ?? '{}') as Parameters<typeof passAll>[0] & {
  rival: 'naive' | 'floor'
}
const startedAt = performance.now()
const before = process.cpuUsage()
const replies = order.rival === 'naive' ? await answerAll(order) : await passAll(order)
const used = process.cpuUsage(before)
const cpuMs = (used.user + used.system) / 1000
process.stdout.write(JSON.stringify({ replies, ms: performance.now() - startedAt, cpuMs }))
process.exit(0)
