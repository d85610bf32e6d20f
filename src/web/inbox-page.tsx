/** The inbox: the mails that wait, the conversation, and its reply; on a phone one of them at a time. */
import { Conversation } from './conversation.tsx'
import { addressOf, type InboxFilter, isSearch } from './inbox-filter.ts'
import { type InboxList, MailList } from './inbox-list.tsx'
import { Page, type View } from './layout.tsx'
import type { Refused } from './reply-editor.tsx'
import { ReplyPane } from './reply-pane.tsx'
import type { Shown } from './shown.ts'

interface InboxProps {
  view: View
  list: InboxList
  shown: Shown | null
  /** Id of the mail after this one; null for none. */
  next: string | null
  /** The list was requested, not a mail: a phone shows only the list. */
  onlyList: boolean
  /** The person came back from the open mail: a phone marks its row. */
  isBack: boolean
  /** Input that was not saved; null if there is none. */
  refused: Refused | null
}

export function InboxPage({ view, list, shown, next, onlyList, isBack, refused }: InboxProps) {
  const title = onlyList ? 'Inbox' : (shown?.row.subject ?? 'Reply')
  const kind = isBack ? 'inbox listing returned' : onlyList ? 'inbox listing' : 'inbox opened'
  return (
    <Page view={view} title={title} kind={kind}>
      <MailList view={view} list={list} current={shown?.row.id ?? null} />
      <div id="panes" class="panes" data-id={shown?.row.id}>
        {shown === null ? (
          <Nothing view={view} list={list} />
        ) : (
          <>
            <section class="pane" aria-label="Mail" tabindex={0}>
              <header class="bar">
                <a href={backTo(shown.row.id, list.filter)} id="back" class="back">
                  ← Inbox
                </a>
                <h1 class="subject" dir="auto">
                  {shown.row.subject || '(no subject)'}
                </h1>
              </header>
              <Conversation view={view} shown={shown} />
            </section>
            <ReplyPane view={view} shown={shown} next={next} filter={list.filter} refused={refused} />
          </>
        )}
      </div>
    </Page>
  )
}

/** The URL of the list at the mail's row. */
const backTo = (id: string, filter: InboxFilter) => `${addressOf('/', filter, { at: id })}#row-${id}`

function Nothing({ view, list }: Pick<InboxProps, 'view' | 'list'>) {
  const { mails, filter } = list
  const isDone = !isSearch(filter) && filter.show === 'all' && view.status.every(({ ok }) => ok)
  return (
    <section class="pane nothing" aria-label="Mail">
      <p class="empty">
        {mails.length > 0
          ? 'Choose a mail on the left.'
          : isDone
            ? 'Nothing is waiting for you.'
            : 'No mail is open.'}
      </p>
    </section>
  )
}
