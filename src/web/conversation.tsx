/** The middle pane: the mail, what came before it, its files, and what else its sender wrote. */
import { capitalised, outcomeOf } from '../base/dispositions.ts'
import { helpFor, sentenceOf } from '../base/reasons.ts'
import { type ReadAttachment, readingOf } from '../mail/attachments.ts'
import type { Attachment } from './attachments.ts'
import { type View, When } from './layout.tsx'
import { Mailboxes } from './reply-editor.tsx'
import type { Earlier, Shown } from './shown.ts'
import { sizeOf } from './words.ts'

/** On a phone a longer mail is folded. Lines as wrapped on a narrow screen. */
const [foldedLines, lineLength] = [12, 40]

export function Conversation({ view, shown }: { view: View; shown: Shown }) {
  return (
    <>
      <Past view={view} shown={shown} />
      <Thread view={view} shown={shown} />
      <Original view={view} shown={shown} />
    </>
  )
}

/** Earlier messages. What the owner wrote from another mail client is read from the mailbox only after the page. */
function Thread({ view, shown: { row, thread, sent } }: { view: View; shown: Shown }) {
  const more = `/mails/${row.id}/conversation`
  const later = sent === 'unread' ? { 'hx-get': more, 'hx-trigger': 'load' } : {}
  return (
    <div
      id="thread"
      {...later}
      hx-target="this"
      hx-select="#thread"
      hx-select-oob="unset"
      hx-swap="outerHTML"
      hx-push-url="false"
    >
      {thread.map((earlier) => (
        <EarlierMessage view={view} earlier={earlier} />
      ))}
      {sent === 'unread' ? (
        <p class="meta">
          <a href={more}>Show what you wrote in this conversation</a>
        </p>
      ) : null}
      {sent === 'unreadable' ? <p class="meta">Your own mails in Sent can't be read at the moment.</p> : null}
    </div>
  )
}

/** For comparing texts: joining lines removes nothing but white space. */
const withoutSpace = (text: string) => text.replace(/\s+/g, '')

export function Original({ view, shown }: { view: View; shown: Shown }) {
  const { row, text, whole, envelope } = shown
  return (
    <article class="message">
      <header class="from">
        <b dir="auto">{row.fromName || row.fromAddress || 'Nobody'}</b>
        <When at={row.internalDate} view={view} />
        <span class="meta">
          {row.fromName ? <span>{row.fromAddress}</span> : null}
          {envelope.to === '' ? null : (
            <span>
              to <Mailboxes list={envelope.to} />
            </span>
          )}
          {envelope.cc === '' ? null : (
            <span>
              Cc <Mailboxes list={envelope.cc} />
            </span>
          )}
        </span>
      </header>
      <Letter text={text ?? 'The text was removed after the retention time.'} />
      <Files id={row.id} attachments={shown.attachments} read={shown.read} />
      {whole !== null && withoutSpace(whole) !== withoutSpace(text ?? '') ? (
        <details>
          <summary>Show the whole mail</summary>
          <div class="letter quiet" dir="auto">
            {whole}
          </div>
        </details>
      ) : null}
      <Formatted shown={shown} />
    </article>
  )
}

function Formatted({ shown: { row, hasHtml, remote } }: { shown: Shown }) {
  if (!hasHtml) return null
  const source = `/mails/${row.id}/html${remote ? '?remote=1' : ''}`
  return (
    <details open={remote}>
      <summary>As the sender formatted it</summary>
      <iframe
        title="Formatted mail"
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        src={source}
        loading="lazy"
      />
      {remote ? null : <a href="?remote=1">Show remote pictures</a>}
    </details>
  )
}

/** Folded on a phone if it is long; the fold needs no script. */
function Letter({ text }: { text: string }) {
  const lines = text
    .split('\n')
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / lineLength)), 0)
  if (lines <= foldedLines + 3)
    return (
      <div class="letter" dir="auto">
        {text}
      </div>
    )
  return (
    <div class="fold">
      <input type="checkbox" id="unfold" />
      <div class="letter" dir="auto">
        {text}
      </div>
      <label for="unfold">Show all of it</label>
    </div>
  )
}

function EarlierMessage({ view, earlier }: { view: View; earlier: Earlier }) {
  const { author, own, at, text } = earlier
  return (
    <details class={own ? 'message earlier own' : 'message earlier'}>
      <summary>
        <b dir="auto">{author}</b>
        <span class="gist" dir="auto">
          {text.slice(0, 160)}
        </span>
        <When at={at} view={view} short />
      </summary>
      <div class="letter" dir="auto">
        {text}
      </div>
    </details>
  )
}

function Files({ id, attachments, read }: { id: string } & Pick<Shown, 'attachments' | 'read'>) {
  if (attachments.length === 0) return null
  return (
    <ul class="files" aria-label="Attachments">
      {attachments.map((file) => (
        <li>
          <File file={file} href={`/mails/${id}/parts/${file.path}`} />
          <Reading read={read.find(({ path }) => path === file.path)} />
        </li>
      ))}
    </ul>
  )
}

/** How much of it the model was given. */
function Reading({ read }: { read: ReadAttachment | undefined }) {
  if (read === undefined) return null
  if (read.text === null) return <small>{`Read by the AI: ${readingOf(read)}`}</small>
  return (
    <details>
      <summary class="meta">{`Read by the AI: ${readingOf(read)}`}</summary>
      <div class="letter quiet" dir="auto">
        {read.text}
      </div>
    </details>
  )
}

/** `Picture`, `PDF`, `Text`, or the ending of the name. */
function kindOf({ type, name }: Attachment): string {
  if (type.startsWith('image/')) return 'Picture'
  if (type === 'application/pdf') return 'PDF'
  if (type.startsWith('text/')) return 'Text'
  return /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toUpperCase() ?? 'File'
}

function File({ file, href }: { file: Attachment; href: string }) {
  const facts = <span class="meta">{`${kindOf(file)} · ${sizeOf(file.size)}`}</span>
  const name = <b dir="auto">{file.name}</b>
  if (file.shown === 'image' || file.shown === 'text')
    return (
      <details>
        <summary>
          {name} {facts}
        </summary>
        {file.shown === 'image' ? (
          <img src={href} alt={file.name} loading="lazy" />
        ) : (
          <iframe title={file.name} sandbox="" src={href} loading="lazy" />
        )}
      </details>
    )
  return (
    <a href={href} target="_blank" rel="noopener" download={file.shown === 'pdf' ? undefined : file.name}>
      {name} {facts}
    </a>
  )
}

/** Who the sender is, and how their earlier mails ended. */
function Past({ view, shown: { past, row, thread, sent } }: { view: View; shown: Shown }) {
  if (past.count === 0 && (thread.length > 0 || sent === 'unread')) return null
  if (past.count === 0) return <p class="meta past">First mail from this sender</p>
  return (
    <details class="past" open={past.leftAlone > 0}>
      <summary class="meta">
        {past.leftAlone > 0 ? <b>{`${past.leftAlone} newer, not answered. `}</b> : null}
        {past.count === 1 ? '1 other mail' : `${past.count} other mails`} from this sender
      </summary>
      {past.leftAlone > 0 ? (
        <p class="meta">
          {sentenceOf('drafts-unsent')} {helpFor('drafts-unsent')}
        </p>
      ) : null}
      <ul class="rows">
        {past.latest.map(({ id, subject, internalDate, disposition }) => (
          <li>
            <a href={`/mails/${id}`} dir="auto">
              {subject || '(no subject)'}
            </a>
            <small>
              {capitalised(outcomeOf(disposition))} · <When at={internalDate} view={view} short />
            </small>
          </li>
        ))}
      </ul>
      {past.count > past.latest.length ? (
        <a href={`/history?from=${encodeURIComponent(row.fromAddress ?? '')}`}>All of them</a>
      ) : null}
    </details>
  )
}
