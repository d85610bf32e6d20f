/** Every area, in the order of the table. */
import type { Area } from './attack.ts'
import { floods } from './floods.ts'
import { local } from './local.ts'
import { login } from './login.ts'
import { sessions } from './sessions.ts'
import { web } from './web.ts'

export const areas: readonly Area[] = [web, login, sessions, local, floods]
