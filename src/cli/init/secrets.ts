/** The text of `.env`: existing values stay, missing ones are asked for, refused ones are asked for again. */
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
 * @param present text of the existing `.env`; '' if there is none
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
    // An empty line would override the answer.
    else text = withoutVariable(text, name)
    variables[name] = value || (await asker.ask(question, fallback, { hidden: true }))
  }
  // Required; a self-hosted model may need no key.
  if (yaml.includes('MAIL_PASSWORD')) await want('MAIL_PASSWORD', questions.MAIL_PASSWORD, null)
  const undecided = asker.asks && !known.OPENAI_API_KEY && !known.OPENAI_BASE_URL
  const own = undecided ? await chosenModel(await ownModels(), asker, say) : null
  if (own === null) await want('OPENAI_API_KEY', questions.OPENAI_API_KEY, '')
  const made = randomBytes(9).toString('base64url')
  await want(
    'REPLYD_WEB_PASSWORD',
    'New password for the review page; empty: one is generated, see .env',
    made,
  )
  // The daemon needs the values used in the check, too: it may be started from another shell.
  variables.OPENAI_BASE_URL = own?.baseUrl ?? known.OPENAI_BASE_URL ?? ''
  variables.REPLYD_MODEL = own?.name ?? known.REPLYD_MODEL ?? ''
  if (kept.length > 0) await say(`Not asked, because already set: ${kept.join(', ')}.`)
  return environmentText(text, variables)
}

const isRefusedLogin = ({ name, status, detail }: Check) =>
  status === 'failed' && (name === 'imap' || name === 'smtp') && detail.includes('refused the login')

/**
 * A refused login may have the wrong name: many servers want only the part before the @.
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

/** Which secret may have caused the failure. */
function suspect(check: Check): keyof typeof questions | null {
  const { name, status, detail } = check
  if (status !== 'failed') return null
  if (isRefusedLogin(check)) return 'MAIL_PASSWORD'
  return name === 'model' && detail.includes('HTTP 401') ? 'OPENAI_API_KEY' : null
}

/**
 * Asks again for a refused secret, unless it is in the environment, which would outrank `.env`.
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
    const again = await asker.ask(`${questions[name]}, once more; empty: keep it`, '', { hidden: true })
    if (again !== '') text = environmentText(withoutVariable(text, name), { [name]: again })
  }
  return text === secrets ? null : text
}
