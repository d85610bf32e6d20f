/** The text of `.env`: what is there stays, what is missing is asked for, what was refused is asked for again. */
import { randomBytes } from 'node:crypto'
import { parseDotEnv } from '../../config/interpolation.ts'
import type { Config } from '../../config/settings.ts'
import type { Check } from '../../doctor/doctor.ts'
import type { Say, Terminal } from '../terminal.ts'
import type { Asker } from './asker.ts'
import { environmentText, takesUser, withoutVariable, withUser } from './files.ts'
import { chosenModel, type OwnModel } from './own-models.ts'

const questions = {
  MAIL_PASSWORD: 'Password for IMAP and SMTP',
  OPENAI_API_KEY: 'OPENAI_API_KEY, the key for the model',
} as const

/**
 * @param present text of the `.env` that is there; '' when there is none
 * @param ownModels looks for models on this machine
 */
export async function secretsFor(
  yaml: string,
  present: string,
  asker: Asker,
  say: Say,
  environment: Terminal['environment'],
  ownModels: () => Promise<OwnModel[]>,
): Promise<string> {
  const known: Record<string, string | undefined> = { ...environment, ...parseDotEnv(present) }
  const variables: Record<string, string> = {}
  let text = present
  const kept: string[] = []
  const want = async (name: string, question: string, fallback: string | null) => {
    const value = known[name]
    if (value) kept.push(name)
    // An empty line would stand in the way of the answer.
    else text = withoutVariable(text, name)
    variables[name] = value || (await asker.ask(question, fallback, { hidden: true }))
  }
  // Nothing works without it; a model of one's own may well want no key.
  if (yaml.includes('MAIL_PASSWORD')) await want('MAIL_PASSWORD', questions.MAIL_PASSWORD, null)
  const undecided = asker.asks && !known.OPENAI_API_KEY && !known.OPENAI_BASE_URL
  const own = undecided ? await chosenModel(await ownModels(), asker, say) : null
  if (own === null) await want('OPENAI_API_KEY', questions.OPENAI_API_KEY, '')
  const made = randomBytes(9).toString('base64url')
  await want('REPLYD_WEB_PASSWORD', 'New password for the review page; empty: one is made, see .env', made)
  // What the trial used, the daemon needs as well: it may be started from another shell.
  variables.OPENAI_BASE_URL = own?.baseUrl ?? known.OPENAI_BASE_URL ?? ''
  variables.REPLYD_MODEL = own?.name ?? known.REPLYD_MODEL ?? ''
  if (kept.length > 0) await say(`Not asked, because already set: ${kept.join(', ')}.`)
  return environmentText(text, variables)
}

const isRefusedLogin = ({ name, status, detail }: Check) =>
  status === 'failed' && (name === 'imap' || name === 'smtp') && detail.includes('refused the login')

/**
 * A refused login may be one under the wrong name: many servers want the part before the @ alone.
 * @returns the configuration with another login name; null when nothing was changed
 */
export async function withOtherUser(
  yaml: string,
  { accounts: [account] }: Config,
  checks: readonly Check[],
  asker: Asker,
): Promise<string | null> {
  if (!account || !checks.some(isRefusedLogin) || !takesUser(yaml)) return null
  const { user } = account.imap
  const typed = await asker.ask('Login name for IMAP and SMTP', user)
  return typed === user ? null : withUser(yaml, typed)
}

/** Which of the failures a secret can be the reason of. */
function suspect(check: Check): keyof typeof questions | null {
  const { name, status, detail } = check
  if (status !== 'failed') return null
  if (isRefusedLogin(check)) return 'MAIL_PASSWORD'
  return name === 'model' && detail.includes('HTTP 401') ? 'OPENAI_API_KEY' : null
}

/**
 * Asks again for what was refused, unless the environment has it: that would outrank `.env`.
 * @returns null when nothing was changed
 */
export async function corrected(
  secrets: string,
  checks: readonly Check[],
  asker: Asker,
  environment: Terminal['environment'],
): Promise<string | null> {
  let text = secrets
  const known = parseDotEnv(secrets)
  for (const name of new Set(checks.map(suspect))) {
    if (name === null || !known[name] || environment[name]) continue
    const again = await asker.ask(`${questions[name]}, once more; empty: leave it`, '', { hidden: true })
    if (again !== '') text = environmentText(withoutVariable(text, name), { [name]: again })
  }
  return text === secrets ? null : text
}
