/** In the demo: a page on which somebody plays the customer and writes a mail to it. */
import type { Hono } from 'hono'
import * as z from 'zod'
import type { Env } from './access.ts'
import { fitting, formBody, text } from './bodies.ts'
import { Page, Token, type View } from './layout.tsx'
import type { ViewOf } from './overviews.tsx'
import type { WebContext } from './web-context.ts'

const fields = z.strictObject({
  name: text().max(60),
  subject: text().max(200),
  text: text().min(1).max(10_000),
})

export function addDemo(pages: Hono<Env>, { deliver }: WebContext, viewOf: ViewOf): void {
  if (deliver === undefined) return
  pages.get('/demo', async (c) => c.html(<DemoPage view={await viewOf(c)} />))
  pages.post('/demo', async (c) => {
    await deliver(fitting(await formBody(c), fields))
    return c.redirect('/?done=demo-mail', 303)
  })
}

const example = `Hello,

are you open on Saturday, and can I try a bicycle then?

Kind regards
Alex`

function DemoPage({ view }: { view: View }) {
  return (
    <Page view={view} title="Write a mail to the demo">
      <header class="bar">
        <h1>Write a mail to the demo</h1>
      </header>
      <p class="meta">
        Play a customer of Nordlicht Bikes, the shop of this demo. Your mail arrives in its mailbox and
        nowhere else, and replyd reads it like any other.
      </p>
      <form method="post" action="/demo" class="card stack">
        <Token view={view} />
        <label for="name">Your name</label>
        <input id="name" name="name" maxlength={60} value="Alex Morgan" autocomplete="off" />
        <label for="subject">Subject</label>
        <input id="subject" name="subject" maxlength={200} value="A question" autocomplete="off" />
        <label for="mail">Mail</label>
        <textarea id="mail" name="text" rows={9} maxlength={10_000} required>
          {`\n${example}`}
        </textarea>
        <button type="submit" class="primary">
          Deliver it
        </button>
      </form>
    </Page>
  )
}
