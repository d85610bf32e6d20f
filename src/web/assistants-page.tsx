/** What an assistant has prepared for a person to confirm: the codes of waiting replies, and proposed facts. */
import type { Context, Hono } from 'hono'
import { approvalCode, load, openReply } from '../review/decide.ts'
import { accept, discard, type Proposal, proposals } from '../review/proposals.ts'
import { Refusal } from '../review/review.ts'
import { type ListedMail, waitingMails } from '../store/review-lists.ts'
import type { Env } from './access.ts'
import { Action, Page, type View } from './layout.tsx'
import { SetupPage } from './setup-frame.tsx'
import type { WebContext } from './web-context.ts'

/** Most urgent first; the others are reached from a terminal. */
const shownReplies = 100

/** Without a password any program on this machine can read the pages, so codes and facts are only for the terminal. */
export function addAssistants(
  pages: Hono<Env>,
  web: WebContext,
  viewOf: (c: Context<Env>) => Promise<View>,
): void {
  const { context } = web
  const isOpen = (c: Context<Env>) => c.get('passwordHash') === null
  pages.get('/assistants', async (c) => {
    const waiting = isOpen(c) ? [] : await waitingMails(context.db, {}, { limit: shownReplies })
    const replies = waiting.filter(({ step, replyText }) => step === 'review' && replyText !== null)
    const doubted = c.req.query('doubted') ?? ''
    const shown = { facts: proposals(context), replies, doubted }
    return c.html(<AssistantsPage view={await viewOf(c)} {...shown} />)
  })
  pages.get('/assistants/code/:id', async (c) => {
    if (isOpen(c)) return c.redirect('/assistants', 303)
    const reply = openReply(await load(web, c.req.param('id')))
    const shown = { ...reply, code: approvalCode(context.replyKey, reply) }
    return c.html(<CodePage view={await viewOf(c)} shown={shown} />)
  })
  pages.post('/assistants/facts/:id/:decision{accept|discard}', async (c) => {
    const { id, decision } = c.req.param()
    return decided(c, id, () => {
      if (isOpen(c)) throw new Refusal('unknown-proposal')
      const confirmed = c.req.query('confirmed') === 'yes'
      return decision === 'accept' ? accept(web, id, c.get('session').actor, confirmed) : discard(web, id)
    })
  })
}

async function decided(c: Context<Env>, id: string, act: () => unknown): Promise<Response> {
  try {
    await act()
    return c.redirect('/assistants', 303)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const doubted = error.reason === 'maybe-personal' ? `&doubted=${encodeURIComponent(id)}` : ''
    return c.redirect(`/assistants?refused=${error.reason}${doubted}`, 303)
  }
}

interface Prepared {
  view: View
  facts: readonly Proposal[]
  replies: readonly ListedMail[]
  /** Id of a fact that was not accepted because it may be personal. */
  doubted: string
}

function AssistantsPage({ view, facts, replies, doubted }: Prepared) {
  return (
    <SetupPage view={view} title="Assistants" isOwn>
      {view.hasLogin ? null : (
        <p class="fault">
          This page shows no codes until it has a password: <a href="/you">set one</a>, or use{' '}
          <code>replyd mcp code</code> and <code>replyd mcp accept</code> in a terminal.
        </p>
      )}
      <section class="card block" aria-labelledby="facts">
        <h2 id="facts">Proposed facts</h2>
        <p>
          No reply uses a fact until you accept it. Then it is kept in the folder <code>taught</code> of your
          knowledge.
        </p>
        {facts.length === 0 ? <p>None waits for you.</p> : null}
        {facts.map((fact) => (
          <Fact view={view} fact={fact} isDoubted={fact.id === doubted} />
        ))}
      </section>
      <section class="card block" aria-labelledby="codes">
        <h2 id="codes">Approving through an assistant</h2>
        <p>Open a reply to read it with its code. Your assistant can send exactly that text with it.</p>
        <ul>
          {replies.map(({ id, subject, fromAddress }) => (
            <li dir="auto">
              <a href={`/assistants/code/${id}`}>{subject || '(no subject)'}</a>
              {`, from ${fromAddress ?? 'nobody'}`}
            </li>
          ))}
        </ul>
      </section>
    </SetupPage>
  )
}

function Fact({ view, fact, isDoubted }: { view: View; fact: Proposal; isDoubted: boolean }) {
  const to = `/assistants/facts/${fact.id}`
  return (
    <article>
      <h3 dir="auto">{fact.topic}</h3>
      <p dir="auto" class="letter">
        {fact.fact}
      </p>
      <p class="meta">{`For ${fact.account}, proposed by ${fact.by} on ${fact.at.slice(0, 10)}`}</p>
      {view.hasLogin ? (
        <div class="buttons">
          {isDoubted ? (
            <Action view={view} to={`${to}/accept?confirmed=yes`} label="Accept: it is not about anyone" />
          ) : (
            <Action view={view} to={`${to}/accept`} label="Accept" />
          )}
          <Action view={view} to={`${to}/discard`} label="Discard" />
        </div>
      ) : null}
    </article>
  )
}

interface Coded {
  addressees: readonly string[]
  subject: string
  text: string
  code: string
}

function CodePage({ view, shown }: { view: View; shown: Coded }) {
  return (
    <Page view={view} title="Code for an assistant">
      <header class="bar">
        <h1 dir="auto">{shown.subject}</h1>
        <a class="back" href="/assistants" id="back">
          Back
        </a>
      </header>
      <section class="card">
        <h2>{`Reply to ${shown.addressees.join(', ')}`}</h2>
        <div class="letter" dir="auto">
          {shown.text}
        </div>
        <p>
          To have exactly this sent, give your assistant the code <code>{shown.code}</code>. After an edit,
          the code is different.
        </p>
      </section>
    </Page>
  )
}
