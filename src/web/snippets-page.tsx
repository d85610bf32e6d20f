/** Saved texts on the Setup page. */

import type { Context, Hono } from 'hono'
import * as z from 'zod'
import { actorName } from '../base/reasons.ts'
import { Refusal } from '../review/review.ts'
import { dropText, keepText, snippetLimits } from '../review/snippets.ts'
import { loadMessage } from '../store/messages.ts'
import { loadReply } from '../store/replies.ts'
import { listSnippets, type Snippet } from '../store/snippets.ts'
import type { Env } from './access.ts'
import { fitting, formBody, text } from './bodies.ts'
import { Action, Token, type View, When } from './layout.tsx'
import type { ViewOf } from './overviews.tsx'
import { SetupPage } from './setup-frame.tsx'
import type { WebContext } from './web-context.ts'

const fields = z.strictObject({ name: text(), text: text() })

export function addSnippets(pages: Hono<Env>, web: WebContext, viewOf: ViewOf): void {
  const { db, accounts } = web.context
  pages.get('/snippets', async (c) => {
    const from = c.req.query('from')
    const begun = from === undefined ? null : await loadReply(db, from)
    const about = from === undefined ? null : await loadMessage(db, from)
    const ofFile = [...accounts.values()].flatMap(({ settings }) => settings.answers)
    const shown = {
      snippets: await listSnippets(db),
      ofFile,
      begun: forAnybody(begun?.text ?? '', about?.fromName ?? null),
    }
    return c.html(<SnippetsPage view={await viewOf(c)} {...shown} />)
  })
  pages.post('/snippets', async (c) => {
    const typed = fitting(await formBody(c), fields)
    return settled(c, 'snippet', () => keepText(web, typed, c.get('session').actor))
  })
  pages.post('/snippets/:id/remove', (c) =>
    settled(c, 'snippet-removed', () => dropText(web, c.req.param('id'))),
  )
}

/** Without the name of the person it was written to. */
const forAnybody = (text: string, name: string | null) => (name ? text.replaceAll(name, '{name}') : text)

async function settled(c: Context<Env>, done: string, act: () => Promise<void>): Promise<Response> {
  try {
    await act()
    return c.redirect(`/snippets?done=${done}`, 303)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return c.redirect(`/snippets?refused=${error.reason}`, 303)
  }
}

interface SnippetsProps {
  view: View
  snippets: readonly Snippet[]
  /** `answers` of replyd.yaml. */
  ofFile: readonly { name: string; text: string }[]
  /** Initial text of the form. */
  begun: string
}

function SnippetsPage({ view, snippets, ofFile, begun }: SnippetsProps) {
  const mayChange = view.role !== 'reader'
  const unique = [...new Map(ofFile.map((each) => [each.name, each])).values()]
  return (
    <SetupPage view={view} title="Saved texts" isOwn>
      <p class="meta">
        Insert them into a reply with <kbd>Ctrl K</kbd> or the button below the text. {'{name}'} becomes the
        name of the person you are replying to, {'{owner}'} yours.
      </p>
      {mayChange ? <SnippetForm view={view} id="new" name="" text={begun} /> : null}
      <section class="card block" aria-label="Saved texts">
        {snippets.length + unique.length === 0 ? <p class="nothing">There are none yet.</p> : null}
        {snippets.map((snippet) => (
          <details class="snippet">
            <summary>
              <b dir="auto">{snippet.name}</b>
              <span class="gist" dir="auto">
                {snippet.text.slice(0, 120)}
              </span>
            </summary>
            {mayChange ? (
              <>
                <SnippetForm view={view} {...snippet} />
                <Action view={view} to={`/snippets/${snippet.id}/remove`} label="Remove" kind="danger" />
              </>
            ) : (
              <div class="letter" dir="auto">
                {snippet.text}
              </div>
            )}
            <p class="meta">
              by {actorName(snippet.actor)}, <When at={snippet.at} view={view} />
            </p>
          </details>
        ))}
        {unique.map(({ name, text }) => (
          <details class="snippet">
            <summary>
              <b dir="auto">{name}</b>
              <span class="gist" dir="auto">
                {text.slice(0, 120)}
              </span>
            </summary>
            <div class="letter" dir="auto">
              {text}
            </div>
            <p class="meta">These are under answers in replyd.yaml; change them there.</p>
          </details>
        ))}
      </section>
    </SetupPage>
  )
}

function SnippetForm({ view, id, name, text }: { view: View } & Pick<Snippet, 'id' | 'name' | 'text'>) {
  return (
    <form method="post" action="/snippets" class={id === 'new' ? 'card block snippet-form' : 'snippet-form'}>
      <Token view={view} />
      {name === '' ? (
        <>
          <label for={`${id}-name`}>Name</label>
          <input
            id={`${id}-name`}
            name="name"
            required
            maxlength={snippetLimits.name}
            placeholder="Opening hours"
          />
        </>
      ) : (
        <input type="hidden" name="name" value={name} />
      )}
      <label for={`${id}-text`}>Text</label>
      <textarea
        id={`${id}-text`}
        name="text"
        rows={5}
        required
        maxlength={snippetLimits.text}
        dir="auto"
        data-unsaved
      >
        {text}
      </textarea>
      <button type="submit" class={id === 'new' ? 'primary' : undefined}>
        {id === 'new' ? 'Save it' : 'Save'}
      </button>
    </form>
  )
}
