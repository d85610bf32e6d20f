/** Every area, in the order of the table. */
import type { Area } from './attack.ts'
import { fairness } from './fairness.ts'
import { floods } from './floods.ts'
import { hostile } from './hostile.ts'
import { local } from './local.ts'
import { login } from './login.ts'
import { mail } from './mail.ts'
import { money } from './money.ts'
import { obedient } from './obedient.ts'
import { owner } from './owner.ts'
import { queue } from './queue.ts'
import { sessions } from './sessions.ts'
import { tls } from './tls.ts'
import { web } from './web.ts'

export const areas: readonly Area[] = [
  web,
  login,
  sessions,
  mail,
  obedient,
  owner,
  hostile,
  tls,
  local,
  queue,
  floods,
  fairness,
  money,
]
