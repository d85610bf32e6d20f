import { Shell } from './layout.tsx'

/** Statuses that a person can meet on a page. */
export type ErrorStatus = 400 | 403 | 404 | 405 | 409 | 413 | 421 | 422 | 429 | 500 | 503

interface Wording {
  title: string
  /** What to do next. */
  next: string
}

const wordings: Readonly<Record<ErrorStatus, Wording>> = {
  400: {
    title: 'replyd does not understand that',
    next: 'If you followed a link, it may be incomplete. If you filled in a form, go back and check what you typed.',
  },
  403: {
    title: 'That was not accepted',
    next: 'Nothing was changed. What you typed into a reply is kept in this browser.',
  },
  404: {
    title: 'There is nothing here',
    next: 'The mail may have been removed, or the address is incomplete. What waits for you is in the inbox; everything else is in the history.',
  },
  405: {
    title: 'That does not work here',
    next: 'Nothing was changed.',
  },
  409: {
    title: 'That is not possible any more',
    next: 'Open the mail again to see what happened in the meantime.',
  },
  413: { title: 'That is too long', next: 'Go back and shorten it.' },
  421: {
    title: 'replyd is not available under this name',
    next: 'Without a password, replyd only answers on this machine, as localhost. To use another name, set a password first, under Setup.',
  },
  422: { title: 'That can’t be used', next: 'Go back and correct it.' },
  429: { title: 'Too many attempts', next: 'Wait a little, then try again.' },
  500: {
    title: 'That did not work',
    next: "Try again in a moment. If it happens again, replyd's log says why: look for `web.failed`.",
  },
  503: {
    title: 'No answer',
    next: 'Setup says what does not answer. Nothing was lost: try again in a minute.',
  },
}

/** Code within a sentence, written as in Markdown. */
function Words({ text }: { text: string }) {
  return <>{text.split('`').map((part, at) => (at % 2 === 1 ? <code>{part}</code> : part))}</>
}

/** What happened, and what to do next. Needs nothing from the store, because that may be what failed. */
export function ErrorPage({ status, message }: { status: ErrorStatus; message: string }) {
  const { title, next } = wordings[status]
  return (
    <Shell title={`${title} · replyd`} page="bare">
      <main class="failed card" id="failed">
        <p class="meta">replyd · {status}</p>
        <h1>{title}</h1>
        <p role="alert">{message}</p>
        <p>
          <Words text={next} />
        </p>
        <p class="buttons">
          <a class="button primary" href="/">
            Go to the inbox
          </a>
          <a class="button" href="/history">
            Look in the history
          </a>
        </p>
      </main>
    </Shell>
  )
}

/** The same as one line, if only a part of a page was requested. */
export function ErrorLine({ status, message }: { status: ErrorStatus; message: string }) {
  return (
    <p class="fault" role="alert" data-status={status}>
      {message}
    </p>
  )
}
