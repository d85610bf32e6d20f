/** A reply's text, the check's verdict on each sentence, and its sources. */
import { claimWords } from '../base/reasons.ts'
import type { Checked, CheckedSentence } from '../base/verdicts.ts'
import type { Shown } from './mail-page.tsx'
import { supported } from './words.ts'

interface Passage {
  file: string
  heading: string
  text: string
}

const verdictWords: Readonly<Record<CheckedSentence['verdict'], string>> = {
  supported: 'stated',
  contradicted: 'contradicted',
  'not-stated': 'not stated',
  courtesy: '',
}

/** The checker's yes-or-no answers besides the sentences; true is a fault. */
const faults = ({ language, name, address, leak, promise, obeys }: Checked): string[] => [
  ...(language ? [] : ['Not in the language of the mail']),
  ...(name ? [] : ['Greets somebody other than the sender']),
  ...(address ? [] : ['Not in the form of address of the mail']),
  ...(leak ? ['Reveals your instructions or information about other people'] : []),
  ...(promise ? ['Makes a promise that no source states'] : []),
  ...(obeys ? ['Does what the mail tells a machine to do'] : []),
]

export function DraftText({ shown }: { shown: Shown }) {
  const { reply } = shown
  if (reply === null) return null
  const { sources: passages, composed, claims } = reply
  // The verdicts apply only to the unchanged text.
  const checked = reply.text === reply.draftText ? reply.checked : null
  return (
    <>
      {checked && 'sentences' in checked ? (
        <div class="letter draft" dir="auto">
          {reply.text}
        </div>
      ) : (
        <Leaning text={reply.text} passages={passages} />
      )}
      {claims.length + (composed?.missing.length ?? 0) === 0 ? null : (
        <ul class="gaps">
          {claims.map(({ claim, kind }) => (
            <li>
              {claimWords(kind)} {claim}
            </li>
          ))}
          {composed?.missing.map((gap) => (
            <li>Missing: {gap}</li>
          ))}
        </ul>
      )}
      {checked && 'sentences' in checked ? <CheckResult checked={checked} passages={passages} /> : null}
      {passages.length === 0 ? null : <Sources passages={passages} />}
    </>
  )
}

/** If no check was made: each sentence with the passage that shares its words. */
function Leaning({ text, passages }: { text: string; passages: readonly Passage[] }) {
  return (
    <div class="letter draft" dir="auto">
      {supported(text, passages).map((sentence) =>
        sentence.source === null ? (
          sentence.text
        ) : (
          <>
            <span class="leans">{sentence.text.trimEnd()}</span>
            <a
              class="ref"
              href={`#source-${sentence.source + 1}`}
              aria-label={`Source ${sentence.source + 1}`}
            >
              {sentence.source + 1}
            </a>
            {sentence.text.slice(sentence.text.trimEnd().length)}
          </>
        ),
      )}
    </div>
  )
}

function CheckResult({ checked, passages }: { checked: Checked; passages: readonly Passage[] }) {
  const open = checked.asks.filter(({ answered }) => !answered)
  const problems = faults(checked)
  return (
    <section class="checked" aria-label="Check">
      <h3>Check</h3>
      <ul class="sentences">
        {checked.sentences.map(({ text, verdict, sources }) => (
          <li class={verdict} dir="auto">
            <span class={verdict === 'supported' ? 'leans' : ''}>{text}</span>
            {verdict === 'courtesy' ? null : <span class={`tag ${verdict}`}>{verdictWords[verdict]}</span>}
            {sources.map((source) => (
              <SourceLink source={source} passages={passages} />
            ))}
          </li>
        ))}
      </ul>
      {open.length + problems.length === 0 ? null : (
        <ul class="gaps">
          {open.map(({ ask }) => (
            <li>Not answered: {ask}</li>
          ))}
          {problems.map((problem) => (
            <li>{problem}</li>
          ))}
        </ul>
      )}
    </section>
  )
}

const labelOf = ({ file, heading }: Passage) => (heading === '' ? file : `${file} > ${heading}`)

/** A link if the passage is shown below, otherwise its name. */
function SourceLink({ source, passages }: { source: string; passages: readonly Passage[] }) {
  const at = passages.findIndex((passage) => labelOf(passage) === source)
  if (at < 0) return <span class="meta"> {source}</span>
  return (
    <a class="ref" href={`#source-${at + 1}`} aria-label={`Source ${at + 1}`}>
      {at + 1}
    </a>
  )
}

function Sources({ passages }: { passages: readonly Passage[] }) {
  return (
    <details>
      <summary>{`Sources (${passages.length})`}</summary>
      <ol class="sources">
        {passages.map((passage, at) => (
          <li id={`source-${at + 1}`}>
            <b>{`${passage.file} › ${passage.heading}`}</b>
            <div class="letter quiet">{passage.text}</div>
          </li>
        ))}
      </ol>
    </details>
  )
}
