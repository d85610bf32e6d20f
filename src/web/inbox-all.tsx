/** The pages before many mails are decided at once: how many there are, and which stay as they are. */
import type { ListedMail } from '../store/review-lists.ts'
import { addressOf, type InboxFilter, shows } from './inbox-filter.ts'
import { stateWords } from './inbox-list.tsx'
import { isClear, pickOf } from './inbox-picks.ts'
import { Page, Token, type View } from './layout.tsx'

/** At most this many of the mails that stay are listed. */
const mostListed = 200

const counted = (count: number, noun: string) => {
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`
  return `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`
}

interface Props {
  view: View
  filter: InboxFilter
}

function Head({ filter, title }: { filter: InboxFilter; title: string }) {
  return (
    <header class="bar">
      <a href={addressOf('/', filter)} class="back">
        ← Inbox
      </a>
      <h1>{title}</h1>
    </header>
  )
}

const Picks = ({ picks }: { picks: readonly string[] }) => (
  <>
    {picks.map((pick) => (
      <input type="hidden" name="pick" value={pick} />
    ))}
  </>
)

/** Says how many there are, and what would happen to them, before anything is done. */
export function AllPage({ view, filter, mails }: Props & { mails: readonly ListedMail[] }) {
  const clear = mails.filter(isClear)
  const staying = mails.filter((mail) => !isClear(mail))
  const tab = filter.show === 'all' ? '' : ` in “${shows.find(([name]) => name === filter.show)?.[1]}”`
  const title = `All ${counted(mails.length, 'mail')}${tab}${filter.search === '' ? '' : ` with “${filter.search}”`}`
  const all = mails.length.toLocaleString('en')
  return (
    <Page view={view} title="All that match">
      <Head filter={filter} title={title} />
      <form method="post" action={addressOf('/inbox/approve', filter)} class="card block">
        <Token view={view} />
        <Picks picks={clear.map(pickOf)} />
        <h2>Send</h2>
        <p>{sendingWords(clear.length, staying.length)}</p>
        <Staying mails={staying} filter={filter} />
        <div class="buttons">
          {clear.length === 0 ? null : (
            <button type="submit" class="primary">
              {`Send ${clear.length.toLocaleString('en')}`}
            </button>
          )}
          <a class="button" href={addressOf('/', filter)}>
            Cancel
          </a>
        </div>
      </form>
      <form method="post" action={addressOf('/inbox/reject', filter)} class="card block">
        <Token view={view} />
        <Picks picks={mails.map(pickOf)} />
        <h2>Send nothing</h2>
        <p>{`All ${all}, including those in doubt. You are asked once more, and it can be undone.`}</p>
        <div class="buttons">
          <button type="submit">{`Reject ${all} …`}</button>
          <button type="submit" formaction={addressOf('/inbox/junk', filter)} class="danger">
            {`Move ${all} to Junk …`}
          </button>
        </div>
      </form>
    </Page>
  )
}

function sendingWords(clear: number, staying: number): string {
  if (clear === 0) return 'None of them can be sent together with others: each has something in doubt.'
  const sent = `${counted(clear, 'reply')} ${clear === 1 ? 'is' : 'are'} sent after the undo time, except any that change in the meantime.`
  if (staying === 0) return sent
  return `${sent} ${staying.toLocaleString('en')} ${staying === 1 ? 'stays' : 'stay'}: something is in doubt.`
}

function Staying({ mails, filter }: { mails: readonly ListedMail[]; filter: InboxFilter }) {
  if (mails.length === 0) return null
  return (
    <details>
      <summary>{`See ${mails.length === 1 ? 'the one that stays' : `the ${mails.length.toLocaleString('en')} that stay`}`}</summary>
      <ul class="rows">
        {mails.slice(0, mostListed).map((mail) => (
          <li>
            <a href={addressOf(`/replies/${mail.id}`, filter)}>
              <bdi>{mail.fromName || mail.fromAddress || 'Nobody'}</bdi>:{' '}
              <bdi>{mail.subject || '(no subject)'}</bdi>
            </a>
            <small>{stateWords(mail)}</small>
          </li>
        ))}
      </ul>
      {mails.length > mostListed ? (
        <p class="meta">{`And ${(mails.length - mostListed).toLocaleString('en')} more.`}</p>
      ) : null}
    </details>
  )
}

const questions: Readonly<
  Record<string, (count: number) => readonly [title: string, does: string, button: string]>
> = {
  reject: (count) => [
    `Reject ${counted(count, 'reply')}?`,
    'Nothing is sent to these people, and their drafts are removed. It can be undone.',
    `Reject ${count.toLocaleString('en')}`,
  ],
  junk: (count) => [
    `Move ${counted(count, 'mail')} to Junk?`,
    'Their drafts are removed, and replyd learns that such mail is spam. It can be undone.',
    `Move ${count.toLocaleString('en')} to Junk`,
  ],
}

/** For more mails than this, a decision that sends nothing is confirmed first. */
const mostUnasked = 20

export const isAskedAbout = (action: string, picks: readonly string[]): boolean =>
  Object.hasOwn(questions, action) && picks.length > mostUnasked

/** Asks for confirmation. The answer is the same form, with `sure`. */
export function AskPage({
  view,
  filter,
  action,
  picks,
}: Props & { action: string; picks: readonly string[] }) {
  const [title = '', does = '', button = ''] = questions[action]?.(picks.length) ?? []
  return (
    <Page view={view} title={title}>
      <Head filter={filter} title={title} />
      <form method="post" action={addressOf(`/inbox/${action}`, filter, { sure: '1' })} class="card">
        <Token view={view} />
        <Picks picks={picks} />
        <p class="headline">{does}</p>
        <div class="buttons">
          <button type="submit" class="danger">
            {button}
          </button>
          <a class="button" href={addressOf('/', filter)}>
            Cancel
          </a>
        </div>
      </form>
    </Page>
  )
}
