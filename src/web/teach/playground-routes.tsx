/** The playground and the trials of a change on the latest mails. */
import type { Context, Hono } from 'hono'
import * as z from 'zod'
import { ConfigError } from '../../base/errors.ts'
import type { SettingPath } from '../../config/overlay.ts'
import type { Account } from '../../context.ts'
import { dayOf } from '../../model/budget.ts'
import { configuredModels } from '../../model/models.ts'
import { UnfitSetting } from '../../review/page-settings.ts'
import { Refusal } from '../../review/review.ts'
import { loadMail, type StoredMail } from '../../store/bodies.ts'
import { spentOn } from '../../store/spending.ts'
import type { Env } from '../access.ts'
import { fitting, formBody, text } from '../bodies.ts'
import {
  type Form,
  PlaygroundPage,
  type PlaygroundView,
  playgroundPath,
  RunPage,
  trialMails,
} from './playground-page.tsx'
import { teachPath } from './teach-page.tsx'
import { settled, type Teaching } from './teaching.ts'
import {
  type Change,
  changed,
  estimate,
  latestMails,
  pastedMail,
  runsOf,
  startRun,
  tryOnce,
} from './trials.ts'

const longest = { pasted: 200_000, text: 50_000 } as const
const formFields = z.strictObject({
  account: text(),
  mail: text(),
  pasted: text().max(longest.pasted),
  instructions: text().max(longest.text),
  knowledge: text().max(longest.text),
  prompt: text().max(longest.text),
  model: text().max(200),
  step: z.enum(['estimate-one', 'estimate-many', 'one', 'many', 'back']),
})
const useFields = z.strictObject({ account: text(), instructions: text().max(longest.text) })
const tryWithinMs = 300_000

type Said = Partial<Pick<PlaygroundView, 'fault' | 'cost' | 'result'>>

export function addPlayground(pages: Hono<Env>, teaching: Teaching): void {
  const { accountOf } = teaching
  pages.get(playgroundPath, async (c) => {
    const account = accountOf(c.req.query('account'))
    const [latest] = await latestMails(teaching.web.context, account.settings.owner.address, 1)
    const form = { ...presentForm(account), mail: c.req.query('mail') ?? latest?.row.id ?? '' }
    return playground(c, teaching, account, form)
  })
  pages.post(playgroundPath, (c) => trial(c, teaching))
  addRuns(pages, teaching)
  pages.post('/teach/playground/instructions', async (c) => {
    const { account, instructions } = fitting(await formBody(c), useFields)
    return useInstructions(c, teaching, accountOf(account), instructions.replace(/\r\n?/g, '\n'))
  })
}

const presentForm = ({ settings, prompts }: Account): Form => ({
  ...{ mail: '', pasted: '', knowledge: '', model: '' },
  instructions: settings.instructions,
  prompt: prompts.compose.body,
})

async function trial(c: Context<Env>, teaching: Teaching): Promise<Response> {
  const { context } = teaching.web
  const { account: address, step, ...given } = fitting(await formBody(c), formFields)
  const account = teaching.accountOf(address)
  const form = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value.replace(/\r\n?/g, '\n')]),
  ) as unknown as Form
  const say = (said: Said, status: 200 | 400 = 200) => playground(c, teaching, account, form, said, status)
  const change = changeOf(form, account)
  try {
    changed(context, account, change)
    if (step === 'many') {
      const run = await startRun(context, account, change, trialMails)
      return c.redirect(`${playgroundPath}/runs/${encodeURIComponent(run.id)}`, 303)
    }
    if (step === 'back') return await say({})
    const mail = step === 'estimate-many' ? null : await mailOf(teaching, account, form)
    if (step === 'one' && mail !== null) {
      const signal = AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(tryWithinMs)])
      return await say({ result: await tryOnce(context, account, change, mail, signal) })
    }
    return await say({ cost: await costFor(teaching, account, change, mail) })
  } catch (error) {
    if (error instanceof ConfigError) return say({ fault: `The prompt does not fit: ${error.message}.` }, 400)
    if (error instanceof Refusal) return say({ fault: error.message }, 400)
    throw error
  }
}

const changeOf = (form: Form, { settings, prompts }: Account): Change => ({
  instructions: form.instructions === settings.instructions ? null : form.instructions,
  knowledge: form.knowledge,
  prompt: form.prompt.trim() === prompts.compose.body ? null : form.prompt,
  model: form.model.trim(),
})

async function costFor(teaching: Teaching, account: Account, change: Change, mail: StoredMail | null) {
  const { context } = teaching.web
  const { db, clock, config } = context
  const own = account.settings.owner.address
  const mails = mail === null ? (await latestMails(context, own, trialMails)).length : 1
  // A pasted mail has no past: it is judged and answered twice.
  const asked = mail?.row.verdict === null ? 2 : mails
  const { perDay, timeZone } = config.budget
  const left = Math.max(0, perDay - (await spentOn(db, dayOf(clock.now(), timeZone))))
  const step = mail === null ? ('many' as const) : ('one' as const)
  return { step, mails, left, ...(await estimate(context, account, change, asked)) }
}

/** @throws Refusal when there is no such mail, or none was chosen */
async function mailOf({ web: { context } }: Teaching, account: Account, form: Form): Promise<StoredMail> {
  // A mail is always chosen in the list, so a pasted one takes precedence.
  if (form.pasted.trim() !== '') return pastedMail(context, account, form.pasted)
  const found = form.mail === '' ? null : await loadMail(context.db, form.mail)
  if (found === null || found.row.account !== account.settings.owner.address) throw new Refusal('not-found')
  return found
}

async function playground(
  c: Context<Env>,
  { web, teachOf }: Teaching,
  account: Account,
  form: Form,
  said: Said = {},
  status: 200 | 400 = 200,
): Promise<Response> {
  const { context, settings } = web
  const own = account.settings.owner.address
  const path: SettingPath = ['accounts', own, 'instructions']
  const shown: PlaygroundView = {
    ...{ fault: null, cost: null, result: null, ...said },
    form,
    mails: (await latestMails(context, own, trialMails)).map(({ row }) => row),
    models: configuredModels(context.config.model).map(({ name }) => name),
    present: account.settings.instructions,
    lockedBy: settings.isChangeable ? settings.view(path).lockedBy : 'the configuration',
    hasFolder: account.settings.knowledge !== null,
  }
  return c.html(<PlaygroundPage teach={await teachOf(c, account)} shown={shown} />, status)
}

async function useInstructions(
  c: Context<Env>,
  teaching: Teaching,
  account: Account,
  instructions: string,
): Promise<Response> {
  const { settings } = teaching.web
  const own = account.settings.owner.address
  const path: SettingPath = ['accounts', own, 'instructions']
  try {
    const follows = settings.view(path).edit?.id ?? '0'
    await settings.change(path, instructions, follows, c.get('session').actor)
    return c.redirect(teachPath(playgroundPath, own, { done: 'instructions-used' }), 303)
  } catch (error) {
    if (error instanceof UnfitSetting) {
      const form = { ...presentForm(account), instructions }
      return playground(c, teaching, account, form, { fault: error.message }, 400)
    }
    if (!(error instanceof Refusal)) throw error
    return c.redirect(teachPath(playgroundPath, own, { refused: error.reason }), 303)
  }
}

function addRuns(pages: Hono<Env>, { web: { context }, accountOf, teachOf }: Teaching): void {
  const runOf = (id: string) => {
    const run = runsOf(context).get(id)
    if (run === undefined) throw new Refusal('unknown-trial')
    return run
  }
  pages.get('/teach/playground/runs/:id', async (c) => {
    const run = runOf(c.req.param('id'))
    return c.html(<RunPage teach={await teachOf(c, accountOf(run.account))} run={run} />)
  })
  pages.post('/teach/playground/runs/:id/stop', (c) =>
    settled(
      c,
      () => {
        runOf(c.req.param('id')).stop.abort()
        return `${playgroundPath}/runs/${encodeURIComponent(c.req.param('id'))}`
      },
      (refused) => teachPath(playgroundPath, '', { refused }),
    ),
  )
}
