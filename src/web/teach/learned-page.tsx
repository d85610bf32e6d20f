/** What was learned from the owner, each with its origin and a button that takes it back. */

import { languageName } from '../../mail/text/language.ts'
import type { LearnedProposal } from '../../review/from-sent.ts'
import type { Learned, LearnedCorrection } from '../../review/learned.ts'
import type { TaughtFact } from '../../review/teach.ts'
import type { LearnedStyle } from '../../store/styles.ts'
import { type StylePart, styleParts } from '../../store/unlearned.ts'
import { Action, When } from '../layout.tsx'
import { titled } from '../words.ts'
import { Found, type TypedFound } from './found.tsx'
import { gapsPath } from './gaps-page.tsx'
import { TeachPage, type TeachView, teachPath } from './teach-page.tsx'

export const learnedPath = '/teach/learned'

interface Props {
  teach: TeachView
  learned: Learned
  found: readonly LearnedProposal[]
  typed: TypedFound | null
}

export function LearnedPage({ teach, learned, found, typed }: Props) {
  const { facts, corrections, styles } = learned
  const languages = Object.entries(styles?.styles ?? {}).filter(([, style]) => partsOf(style).length > 0)
  const isEmpty =
    facts.length === 0 && corrections.length === 0 && languages.length === 0 && found.length === 0
  return (
    <TeachPage teach={teach} title="Learned" place={learnedPath}>
      {isEmpty ? (
        <p class="empty">
          Nothing has been learned yet. Edit a reply before you send it, and replyd remembers how you changed
          it; <a href={teachPath(gapsPath, teach.account)}>teach it a missing fact</a>, and every reply can
          state it. <code>replyd learn</code> proposes answers from the mail that you sent.
        </p>
      ) : null}
      <Found teach={teach} found={found} typed={typed} />
      {facts.length > 0 ? <Facts teach={teach} facts={facts} /> : null}
      {corrections.length > 0 ? <Corrections teach={teach} corrections={corrections} /> : null}
      {languages.length > 0 ? (
        <Styles teach={teach} languages={languages} learnedAt={styles?.learnedAt ?? teach.view.now} />
      ) : null}
    </TeachPage>
  )
}

function Facts({ teach: { view, account }, facts }: { teach: TeachView; facts: readonly TaughtFact[] }) {
  return (
    <section class="card block" aria-labelledby="facts">
      <h2 id="facts">{facts.length === 1 ? '1 fact you taught' : `${facts.length} facts you taught`}</h2>
      <ul class="lessons">
        {facts.map(({ id, question, fact, by, at, mails }) => (
          <li>
            <div>
              <b dir="auto">{question}</b>
              <p class="passage" dir="auto">
                {fact}
              </p>
              <p class="meta">
                <When at={new Date(at)} view={view} /> · {by}
                {mails[0] === undefined ? null : (
                  <>
                    {' · '}
                    <a href={`/mails/${mails[0]}`}>the mail that asked for it</a>
                  </>
                )}
              </p>
            </div>
            <Action view={view} to={`/teach/learned/facts/${encodeURIComponent(id)}/remove`} label="Remove">
              <input type="hidden" name="account" value={account} />
            </Action>
          </li>
        ))}
      </ul>
    </section>
  )
}

interface CorrectionsProps {
  teach: TeachView
  corrections: readonly LearnedCorrection[]
}

function Corrections({ teach: { view, account }, corrections }: CorrectionsProps) {
  return (
    <section class="card block" aria-labelledby="corrections">
      <h2 id="corrections">
        {corrections.length === 1 ? '1 edit of yours' : `${corrections.length} edits of yours`}
      </h2>
      <p class="meta">
        The latest three of a category show the writer of the next reply what you would change. Names and
        figures are left out.
      </p>
      <ul class="lessons">
        {corrections.map(({ id, category, subject, at, draft, sent }) => (
          <li>
            <div>
              <p class="change">
                <span class="hidden">Before: </span>
                <del dir="auto">{draft || '(nothing)'}</del>
              </p>
              <p class="change">
                <span class="hidden">After: </span>
                <ins dir="auto">{sent || '(left out)'}</ins>
              </p>
              <p class="meta">
                {titled(category)} · <When at={at} view={view} /> ·{' '}
                <a href={`/mails/${id}`} dir="auto">
                  {subject || '(no subject)'}
                </a>
              </p>
            </div>
            <Action view={view} to="/teach/learned/forget" label="Remove">
              <input type="hidden" name="account" value={account} />
              <input type="hidden" name="reply" value={id} />
            </Action>
          </li>
        ))}
      </ul>
    </section>
  )
}

const partNames: Record<StylePart, string> = {
  greeting: 'Greeting',
  closing: 'Closing',
  words: 'Length',
  manner: 'Form of address',
}

const shown = (part: StylePart, style: LearnedStyle): string | null =>
  part === 'words' ? (style.words === null ? null : `about ${style.words} words`) : style[part]

const partsOf = (style: LearnedStyle) =>
  styleParts.flatMap((part) => {
    const words = shown(part, style)
    return words === null ? [] : [{ part, words }]
  })

interface StylesProps {
  teach: TeachView
  languages: readonly (readonly [string, LearnedStyle])[]
  learnedAt: Date
}

function Styles({ teach: { view, account }, languages, learnedAt }: StylesProps) {
  return (
    <section class="card block" aria-labelledby="style">
      <h2 id="style">How you write</h2>
      <p class="meta">
        Learned from mail that you sent yourself, last <When at={learnedAt} view={view} />.
      </p>
      {languages.map(([language, style]) => (
        <>
          <h3>{`${languageName(language)}, from ${style.evidence} mails`}</h3>
          <ul class="lessons">
            {partsOf(style).map(({ part, words }) => (
              <li>
                <div>
                  <span class="meta">{partNames[part]}</span> <span dir="auto">{words}</span>
                </div>
                <Action view={view} to="/teach/learned/forget" label="Remove">
                  <input type="hidden" name="account" value={account} />
                  <input type="hidden" name="language" value={language} />
                  <input type="hidden" name="part" value={part} />
                </Action>
              </li>
            ))}
          </ul>
        </>
      ))}
    </section>
  )
}
