/** The playground: a mail, changed settings, and what they would change. Nothing is stored or sent. */
import { labelOf } from '../../base/reasons.ts'
import type { Outcome } from '../../eval/trial.ts'
import type { MessageRow } from '../../store/messages.ts'
import { Action, Token } from '../layout.tsx'
import { titled } from '../words.ts'
import { TeachPage, type TeachView, teachPath } from './teach-page.tsx'
import type { Pair, Run } from './trials.ts'

export const playgroundPath = '/teach/playground'
/** Mails of a trial before a change is saved. */
export const trialMails = 20

export interface Form {
  /** Id of a stored mail; empty: the pasted one. */
  mail: string
  pasted: string
  instructions: string
  knowledge: string
  prompt: string
  model: string
}

export interface Cost {
  step: 'one' | 'many'
  /** US dollars. */
  about: number
  most: number
  left: number
  mails: number
}

export interface PlaygroundView {
  form: Form
  mails: readonly Pick<MessageRow, 'id' | 'subject' | 'fromName' | 'fromAddress'>[]
  /** Names of the configured models, for a choice. */
  models: readonly string[]
  fault: string | null
  cost: Cost | null
  result: (Pair & { cost: number }) | null
  /** The instructions as they are used now. */
  present: string
  /** Why the page can't save instructions; null if it can. */
  lockedBy: string | null
  hasFolder: boolean
}

interface Props {
  teach: TeachView
  shown: PlaygroundView
}

/** `$0.0012`; smaller amounts are not distinguished. US dollars. */
export const money = (dollars: number) => {
  if (dollars > 0 && dollars < 0.0001) return 'under $0.0001'
  return dollars === 0 || dollars >= 0.01 ? `$${dollars.toFixed(2)}` : `$${dollars.toFixed(4)}`
}

/** What a trial costs, as a sentence. */
export function costWords({ about, most, left, mails }: Cost): string {
  const what = mails === 1 ? 'One mail' : `${mails} mails`
  if (most === 0) return `${what}: this costs nothing.`
  const usual = about < 0.0001 ? money(Math.max(about, Number.EPSILON)) : `about ${money(about)}`
  return `${what}: ${usual}, at most ${money(most)}. ${money(left)} of today's budget is left.`
}

export function PlaygroundPage({ teach, shown }: Props) {
  const { fault, result } = shown
  return (
    <TeachPage teach={teach} title="Playground" place={playgroundPath}>
      <p class="meta lead">
        Change what replyd is told, and see what it would do with a mail. Nothing is sent or stored. The AI's
        answers count towards the day's budget.
      </p>
      {fault === null ? null : (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      {result === null ? null : (
        <section class="card block" aria-labelledby="result" id="trial">
          <h2 id="result">
            {result.cost === 0 ? 'What changes' : `What changes, for ${money(result.cost)}`}
          </h2>
          <Compared pair={result} />
          <Use teach={teach} shown={shown} />
        </section>
      )}
      <TrialForm teach={teach} shown={shown} />
    </TeachPage>
  )
}

function TrialForm({ teach: { view, account }, shown }: Props) {
  const { form, mails, models, cost } = shown
  const who = ({ fromName, fromAddress }: PlaygroundView['mails'][number]) =>
    fromName || fromAddress || 'Nobody'
  return (
    <form method="post" action={playgroundPath} class="pair">
      <Token view={view} />
      <input type="hidden" name="account" value={account} />
      <section class="card stack" aria-labelledby="which">
        <h2 id="which">The mail</h2>
        <label>
          One of the latest mails
          <select name="mail" dir="auto">
            {mails.length === 0 ? <option value="">There is none yet: paste one below</option> : null}
            {mails.map((mail) => (
              <option value={mail.id} selected={mail.id === form.mail}>
                {`${mail.subject || '(no subject)'} — ${who(mail)}`}
              </option>
            ))}
          </select>
        </label>
        <label>
          Or paste another: its text, or all of it with the header
          <textarea name="pasted" rows={10} dir="auto">
            {`\n${form.pasted}`}
          </textarea>
        </label>
      </section>
      <section class="card stack" aria-labelledby="change">
        <h2 id="change">The change</h2>
        <label>
          Instructions
          <textarea name="instructions" rows={5} dir="auto">
            {`\n${form.instructions}`}
          </textarea>
        </label>
        <label>
          Extra knowledge, for this trial only
          <textarea name="knowledge" rows={3} dir="auto">
            {`\n${form.knowledge}`}
          </textarea>
        </label>
        <label>
          Model
          <input
            name="model"
            list="models"
            value={form.model}
            placeholder={models.join(', ')}
            autocomplete="off"
          />
          <datalist id="models">
            {models.map((name) => (
              <option value={name} />
            ))}
          </datalist>
        </label>
        <details>
          <summary>The writer's prompt</summary>
          <textarea name="prompt" rows={14} class="long" aria-label="The writer's prompt">
            {`\n${form.prompt}`}
          </textarea>
        </details>
        {cost === null ? <Estimates /> : <Confirm cost={cost} />}
      </section>
    </form>
  )
}

function Estimates() {
  return (
    <div class="buttons">
      <button type="submit" name="step" value="estimate-one" class="primary">
        What does it cost?
      </button>
      <button type="submit" name="step" value="estimate-many">
        {`Try on the last ${trialMails} mails`}
      </button>
    </div>
  )
}

function Confirm({ cost }: { cost: Cost }) {
  const { step, mails } = cost
  return (
    <div class="buttons" role="status">
      <p class="meta">{costWords(cost)}</p>
      <button type="submit" name="step" value={step} class="primary">
        {step === 'one' ? 'Try it' : `Try it on ${mails} mails`}
      </button>
      <button type="submit" name="step" value="back">
        Not now
      </button>
    </div>
  )
}

const resultLabels: Readonly<Record<Outcome['result'], string>> = {
  send: 'Sent automatically',
  'save-draft': 'Saved in Drafts',
  hold: 'Waits for you',
  person: 'Left to you, without a reply',
  'no-reply': 'No reply',
  junk: 'Junk',
}
export const resultLabel = ({ result, fault }: Outcome) =>
  fault === null ? resultLabels[result] : 'Not tried'

const rowsOf = (outcome: Outcome): readonly (readonly [string, string])[] => [
  ['What happens', resultLabel(outcome)],
  ['Why', outcome.reason === null ? '' : labelOf(outcome.reason)],
  ['Category', outcome.verdict === null ? '' : titled(outcome.verdict.category)],
  ['Mood', outcome.verdict === null ? '' : titled(outcome.verdict.sentiment.label)],
  ['Missing', outcome.missing.join('; ')],
  ['Without a source', outcome.claims === 0 ? '' : String(outcome.claims)],
]

function Compared({ pair: { before, after } }: { pair: Pair }) {
  const [old, next] = [rowsOf(before), rowsOf(after)]
  return (
    <div class="pair compared">
      <Side name="Before" outcome={before} rows={old} other={next} />
      <Side name="After" outcome={after} rows={next} other={old} />
    </div>
  )
}

interface SideProps {
  name: string
  outcome: Outcome
  rows: ReturnType<typeof rowsOf>
  other: ReturnType<typeof rowsOf>
}

function Side({ name, outcome, rows, other }: SideProps) {
  return (
    <section aria-label={name}>
      <h3>{name}</h3>
      {outcome.fault === null ? null : <p class="warned">{outcome.fault}</p>}
      <dl class="facts">
        {rows.flatMap(([label, value], at) =>
          value === '' && other[at]?.[1] === ''
            ? []
            : [
                <dt>{label}</dt>,
                <dd class={value === other[at]?.[1] ? undefined : 'changed'} dir="auto">
                  {value || '–'}
                </dd>,
              ],
        )}
      </dl>
      <p class="passage letter" dir="auto">
        {outcome.text ?? 'No reply is written.'}
      </p>
    </section>
  )
}

/** Saves what was tried. */
function Use({ teach: { view, account }, shown: { form, present, lockedBy, hasFolder } }: Props) {
  const isChanged = form.instructions.trim() !== present.trim()
  return (
    <div class="buttons">
      {isChanged && lockedBy === null ? (
        <Action
          view={view}
          to="/teach/playground/instructions"
          label="Use these instructions"
          kind="primary"
          needs="owner"
        >
          <input type="hidden" name="account" value={account} />
          <input type="hidden" name="instructions" value={form.instructions} />
        </Action>
      ) : null}
      {isChanged && lockedBy !== null ? (
        <div>
          <p class="meta">{`The instructions are set in ${lockedBy}. Put these there:`}</p>
          <pre dir="auto">{`instructions: |\n${form.instructions.replace(/^/gm, '  ')}`}</pre>
        </div>
      ) : null}
      {form.knowledge.trim() !== '' && hasFolder ? (
        <form method="post" action="/teach/knowledge/add" class="action use">
          <Token view={view} />
          <input type="hidden" name="account" value={account} />
          <input type="hidden" name="text" value={form.knowledge} />
          <label>
            Name of the new text <input name="name" required maxlength={100} autocomplete="off" />
          </label>
          <button type="submit">Add it to the knowledge</button>
        </form>
      ) : null}
    </div>
  )
}

export function RunPage({ teach, run }: { teach: TeachView; run: Run }) {
  const { id, pairs, total, state, cost } = run
  const changedPairs = pairs.filter(isChanged)
  const at = `${playgroundPath}/runs/${encodeURIComponent(id)}`
  const live = state === 'running' ? { 'hx-get': at, 'hx-trigger': 'every 2s', 'hx-select': '#trial' } : {}
  return (
    <TeachPage teach={teach} title="Trial" place={playgroundPath}>
      <section class="card block" id="trial" aria-labelledby="run" hx-swap="outerHTML" {...live}>
        <header class="bar">
          <h2 id="run">{stateWords(run)}</h2>
          {state === 'running' ? <Action view={teach.view} to={`${at}/stop`} label="Stop" /> : null}
        </header>
        <progress
          max={total}
          value={pairs.length}
          aria-label="Mails tried"
        >{`${pairs.length} of ${total}`}</progress>
        <p class="meta">
          {`${pairs.length} of ${total} mails, ${money(cost)} so far. ${changedPairs.length} would end differently, or in another category.`}
        </p>
        {pairs.length === 0 ? null : <Pairs pairs={pairs} />}
        {state === 'running' ? (
          <a class="button" href={at}>
            Refresh
          </a>
        ) : null}
      </section>
      <p class="buttons">
        <a class="button" href={teachPath(playgroundPath, teach.account)} id="back">
          ← Playground
        </a>
      </p>
    </TeachPage>
  )
}

const stateWords = ({ state, total }: Run) => {
  if (state === 'running') return `Trying ${total} mails …`
  return state === 'done' ? `Tried ${total} mails` : 'Stopped'
}

const isChanged = ({ before, after }: Pair) =>
  before.result !== after.result || before.verdict?.category !== after.verdict?.category

function Pairs({ pairs }: { pairs: readonly Pair[] }) {
  return (
    <ul class="lessons">
      {pairs.map((pair) => (
        <li>
          <details>
            <summary>
              <b dir="auto">{pair.mail.subject || '(no subject)'}</b>
              <span class={isChanged(pair) ? 'changed' : 'meta'}>
                {isChanged(pair)
                  ? `${resultLabel(pair.before)} → ${resultLabel(pair.after)}`
                  : `${resultLabel(pair.after)}, as before${pair.before.text === pair.after.text ? '' : ', worded differently'}`}
              </span>
            </summary>
            <Compared pair={pair} />
          </details>
        </li>
      ))}
    </ul>
  )
}
