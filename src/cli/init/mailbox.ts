/** One mailbox: asks where it is, tries it, and asks again only for what failed. */
import { isAbsolute, relative, resolve } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { trusting } from '../../base/trust.ts'
import { parseDotEnv } from '../../config/interpolation.ts'
import type { AccountSettings } from '../../config/settings.ts'
import { type Check, checkAccount } from '../../doctor/doctor.ts'
import { showCheck, shownChecks } from '../doctor.ts'
import { UsageError } from '../failure.ts'
import { Back, orEnter } from './asker.ts'
import { trustedAuthority } from './authority.ts'
import { configOf, settingIn, type Texts, withAccount, withSetting, withVariable } from './files.ts'
import { withModel } from './models.ts'
import { askPlace, servers } from './servers.ts'
import type { InitOptions, Talk, Tried } from './talk.ts'

/** Asks for a mailbox and adds it. @param number counted from 1 @returns null: the owner wants none after all */
export async function newMailbox(talk: Talk, texts: Texts, number: number): Promise<Tried | null> {
  for (;;) {
    try {
      const whole = await askedMailbox(talk, texts, number)
      return whole && (await soundMailbox(talk, whole, number - 1))
    } catch (error) {
      if (!(error instanceof Back)) throw error
      talk.asker.doubtAll(`${number}.`)
    }
  }
}

/** @throws Back */
async function askedMailbox(talk: Talk, texts: Texts, number: number): Promise<Texts | null> {
  const { options, asker, say } = talk
  const key = String(number)
  const given: Partial<InitOptions> = number === 1 ? options : {}
  const present = [...texts.yaml.matchAll(/^ {2}- address: "(.*)"$/gm)].map(([, each = '']) => each)
  const address = await addressOf(talk, given.address, key, present)
  if (address === '') return null
  const network = options.check ? talk.network : { ...talk.network, probe: undefined }
  const found = await servers(address, given, { asker, say, network, terminal: talk.terminal }, key)
  if (found.hint !== '') await say(found.hint)
  const oauthClientId = found.oauth2 === null ? null : await clientId(found.oauth2, talk, key)
  const variable = number === 1 ? 'MAIL_PASSWORD' : `MAIL_PASSWORD_${number}`
  const user = await loginName(talk, given.user, address, found.byAddress || oauthClientId !== null, key)
  const answers = {
    ...{ address, found, user: user === address ? null : user, oauthClientId },
    ...{ password: variable, ca: ownAuthority(talk) ?? asker.settled(`${key}.ca`) },
  }
  const yaml = withAccount(texts.yaml, answers)
  const secrets =
    oauthClientId === null ? await withPassword(talk, texts.secrets, variable, address) : texts.secrets
  // A separate login for SMTP, if an init that was stopped has asked for one.
  const resumed = asker.settled(`${key}.smtpUser`) !== null
  return resumed ? await withSmtpLogin(talk, { yaml, secrets }, number - 1, '') : { yaml, secrets }
}

/** The file of `--ca` as replyd.yaml names it. @throws ConfigError when it holds no certificate */
function ownAuthority({ options, folder, terminal }: Talk): string | null {
  const given = options.ca ?? terminal.environment.REPLYD_TLS_CA
  if (!given) return null
  const path = resolve(given)
  trusting(path)
  const below = relative(folder, path)
  return below.startsWith('..') || isAbsolute(below) ? path : below
}

/** @param present addresses that are set up already @returns empty for no other mailbox */
async function addressOf(
  { asker }: Talk,
  given: string | undefined,
  key: string,
  present: readonly string[],
): Promise<string> {
  const isFurther = present.length > 0
  let insisted = ''
  const fault = (text: string) => {
    if (text === '' && isFurther) return null
    if (!/^[^\s@]+@[^\s@]+$/.test(text)) return `${text} is not an address such as you@example.com`
    if (present.includes(text.toLowerCase())) return `${text} is set up already`
    const isUsual = text === insisted || text === given || /@.+\../.test(text)
    insisted = text
    return isUsual ? null : `${text} has no dot after the @${orEnter}`
  }
  const wrong = given === undefined ? null : fault(given)
  if (given !== undefined && wrong === null) return given.toLowerCase()
  const question = isFurther ? 'Its address; empty: no other mailbox' : 'Address that replyd answers for'
  const asked = await asker.ask(question, given ?? (isFurther ? '' : null), {
    fault,
    key: `${key}.address`,
    option: '--address',
  })
  return asked.toLowerCase()
}

async function clientId(provider: string, { options, asker }: Talk, key: string): Promise<string | null> {
  if (options.clientId !== undefined || options.yes) return options.clientId ?? null
  const needed = provider === 'microsoft'
  const question = needed
    ? 'Client id of your application for OAuth2 (docs/providers.md)'
    : 'Client id for OAuth2, if you have registered an application; empty: an app password'
  const asking = { key: `${key}.clientId`, back: options.address === undefined }
  return (await asker.ask(question, needed ? null : '', asking)) || null
}

async function loginName(
  { asker }: Talk,
  given: string | undefined,
  address: string,
  certain: boolean,
  key: string,
): Promise<string> {
  const wrong = given === undefined ? null : loginFault(given)
  if (wrong !== null) throw new UsageError(wrong)
  if (given !== undefined || certain || !asker.asks) return given ?? address
  return asker.ask(loginQuestion, address, { key: `${key}.user`, fault: loginFault })
}

const loginQuestion = 'Login name for IMAP and SMTP'

/** Servers decide what a login name looks like, but none is a link or contains a line end. */
const loginFault = (text: string) =>
  /:\/\/|[\p{Cc}]/u.test(text) ? `${text} is not a login name, such as ann or ann@example.com` : null

/** Values of the environment are not asked for. Neither are those of an earlier .env, unless the owner starts over. */
async function withPassword(
  { asker, say, terminal, options }: Talk,
  secrets: string,
  variable: string,
  address: string,
) {
  const written = parseDotEnv(secrets)[variable]
  const isDoubtful = options.fresh === true && asker.asks
  const known = terminal.environment[variable] || (isDoubtful ? '' : written)
  if (known) await say(`The password is in ${variable} already.`)
  const whose = variable === 'MAIL_PASSWORD' ? 'Password for IMAP and SMTP' : `Password of ${address}`
  const question = written ? `${whose}; empty: that in .env` : whose
  const asking = { hidden: true, key: variable, back: options.address === undefined }
  const password = known || (await asker.ask(question, written || null, asking))
  // The daemon needs what was checked, too: it may be started from another shell.
  return written && (known || password === written) ? secrets : withVariable(secrets, variable, password)
}

/** Tries a mailbox until it works, or until the person changes nothing more. @param at counted from 0 */
export async function soundMailbox(talk: Talk, given: Texts, at: number): Promise<Tried> {
  let texts = given
  const { asks } = talk.asker
  if (!talk.options.check)
    return { texts, state: settingIn(texts.yaml, at, ['imap', 'oauth2']) ? 'no sign-in' : 'untried' }
  // With --yes, missing answers are reported before anything is tried.
  if (!asks) await withModel(talk, given)
  for (;;) {
    const config = configOf(texts, talk, 'mailboxes only')
    const account = config.accounts[at]
    if (!account) return { texts, state: 'sound' }
    await talk.say(`\nTrying ${account.owner.address}:`)
    const looks = checkAccount(account, config, systemClock)
    const show = (check: Check) => showCheck(asks ? withoutKeys(check) : check, talk.terminal)
    const checks = await shownChecks(looks, show, talk.terminal)
    // The servers whose Authentication-Results are trusted are asked for later.
    const failures = checks.filter(({ status, name }) => status === 'failed' && name !== 'sending')
    if (failures.length === 0) return { texts, state: 'sound' }
    if (failures.every(({ advice }) => advice?.startsWith('Sign in: '))) return { texts, state: 'no sign-in' }
    const corrected = talk.asker.asks
      ? await askAgain(talk, texts, at, account, failures)
      : await shown(talk, account, failures)
    const isSame =
      corrected === null || (corrected.yaml === texts.yaml && corrected.secrets === texts.secrets)
    if (isSame && !(await isTriedAgain(talk))) {
      await talk.say(`\n${account.owner.address} does not work yet.`)
      return { texts, state: 'faulty' }
    }
    texts = corrected ?? texts
  }
}

/** The answers may be right: the server may be at fault, or know another password. */
async function isTriedAgain({ asker, say }: Talk): Promise<boolean> {
  if (!asker.asks) return false
  await say('\nThose are the same answers. Answer n to leave this mailbox for later.')
  return asker.confirm('Try again?', true)
}

/** The next question asks for the same key in other words. */
function withoutKeys(check: Check): Check {
  const { advice } = check
  if (check.status !== 'failed' || !/^(imap|smtp)$/.test(check.name) || !advice) return check
  const sentences = advice.split(/(?<=\.) (?=[A-Z])/)
  const left = sentences.filter((each) => !/\b(imap|smtp|tls)\.[a-z]|allowPlaintext/.test(each))
  return { ...check, advice: left.join(' ') || null }
}

/** With --yes a private certificate is only shown. */
async function shown(talk: Talk, account: AccountSettings, failures: readonly Check[]): Promise<null> {
  await trustedAuthority(account, failures, talk)
  return null
}

/** Asks again for what may have caused the failures. */
async function askAgain(
  talk: Talk,
  texts: Texts,
  at: number,
  account: AccountSettings,
  failures: readonly Check[],
): Promise<Texts> {
  const key = String(at + 1)
  let { yaml, secrets } = texts
  const ca = await trustedAuthority(account, failures, talk)
  if (ca !== null) {
    talk.asker.keep(`${key}.ca`, ca)
    yaml = withSetting(yaml, at, ['tls', 'ca'], ca)
  }
  for (const { name, detail } of failures) {
    if (name !== 'imap' && name !== 'smtp') continue
    if (detail.includes('refused the login')) continue
    if (/unknown issuer/.test(detail)) continue
    talk.asker.doubt(`${key}.${name}`)
    const { host, port } = account[name]
    const place = await askPlace(name, undefined, `${host}:${port}`, talk, key)
    for (const [setting, text] of Object.entries(place)) yaml = withSetting(yaml, at, [name, setting], text)
  }
  const refusing = failures.filter(({ detail }) => detail.includes('refused the login'))
  const refused = (name: 'imap' | 'smtp') => refusing.some((check) => check.name === name)
  const sharesLogin = settingIn(yaml, at, ['smtp', 'user']) === undefined
  // Only if IMAP accepts the login is it certain that SMTP needs a different one.
  const imapLogsIn = failures.every(({ name }) => name !== 'imap')
  const ofSmtp = refused('smtp') && account.smtp.oauth2 === null && (imapLogsIn || !sharesLogin)
  if (refused('imap') || (refused('smtp') && !ofSmtp))
    ({ yaml, secrets } = await otherLogin(talk, { yaml, secrets }, at, account))
  if (ofSmtp) ({ yaml, secrets } = await otherSmtpLogin(talk, { yaml, secrets }, at, account))
  return { yaml, secrets }
}

const smtpVariable = (at: number) => (at === 0 ? 'SMTP_PASSWORD' : `SMTP_PASSWORD_${at + 1}`)

/** Some providers send through another server, which has a separate login. */
async function otherSmtpLogin(
  talk: Talk,
  texts: Texts,
  at: number,
  { imap, smtp }: AccountSettings,
): Promise<Texts> {
  const { asker, say, terminal } = talk
  const variable = smtpVariable(at)
  if (settingIn(texts.yaml, at, ['smtp', 'user']) === undefined)
    await say(`\n${smtp.host} needs a different login than ${imap.host}.`)
  else if (terminal.environment[variable]) {
    await say(
      `The password is in the environment as ${variable}, which takes precedence over .env: correct it there.`,
    )
    return texts
  }
  asker.doubt(`${at + 1}.smtpUser`)
  asker.doubt(variable)
  return withSmtpLogin(talk, texts, at, smtp.user)
}

/** Asks for the login of SMTP alone. @param user the proposal */
async function withSmtpLogin(
  { asker, terminal }: Talk,
  texts: Texts,
  at: number,
  user: string,
): Promise<Texts> {
  const variable = smtpVariable(at)
  const asking = { key: `${at + 1}.smtpUser`, fault: loginFault }
  const name = await asker.ask('Login name for SMTP', user, asking)
  const yaml = withSetting(texts.yaml, at, ['smtp', 'user'], name)
  const known = terminal.environment[variable] || parseDotEnv(texts.secrets)[variable]
  const question = `Password for SMTP; empty: ${known ? 'the same again' : 'that of IMAP'}`
  const password =
    terminal.environment[variable] ||
    (await asker.ask(question, known ?? '', { hidden: true, key: variable }))
  if (password === '') return name === user ? texts : { yaml, secrets: texts.secrets }
  return {
    yaml: withSetting(yaml, at, ['smtp', 'password'], `\${${variable}}`),
    secrets: password === known ? texts.secrets : withVariable(texts.secrets, variable, password),
  }
}

/** Many servers want only the part before the @, so the name is asked for as well. */
async function otherLogin(talk: Talk, texts: Texts, at: number, { imap }: AccountSettings): Promise<Texts> {
  const { asker, say, terminal } = talk
  const key = String(at + 1)
  asker.doubt(`${key}.user`)
  const user = await asker.ask(loginQuestion, imap.user, { key: `${key}.user`, fault: loginFault })
  const yaml = user === imap.user ? texts.yaml : withSetting(texts.yaml, at, ['imap', 'user'], user)
  const variable = /^\$\{(\w+)\}$/.exec(String(settingIn(yaml, at, ['imap', 'password'])))?.[1]
  if (variable === undefined) return { yaml, secrets: texts.secrets }
  if (terminal.environment[variable]) {
    await say(
      `The password is in the environment as ${variable}, which takes precedence over .env: correct it there.`,
    )
    return { yaml, secrets: texts.secrets }
  }
  asker.doubt(variable)
  const known = parseDotEnv(texts.secrets)[variable] ?? ''
  const question = 'Password for IMAP and SMTP; empty: the same again'
  const password = await asker.ask(question, known, { hidden: true, key: variable })
  return {
    yaml,
    secrets: password === known ? texts.secrets : withVariable(texts.secrets, variable, password),
  }
}
