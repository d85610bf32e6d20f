/** A reply's text with what it leans on, and what it lacks. */
import { claimWords } from '../base/reasons.ts'
import type { Shown } from './mail-page.tsx'
import { supported } from './words.ts'

export function DraftText({ shown }: { shown: Shown }) {
  const { reply } = shown
  if (reply === null) return null
  const { sources: passages, composed, claims } = reply
  return (
    <>
      <div class="letter draft">
        {supported(reply.text, passages).map(({ text, source }) =>
          source === null ? (
            text
          ) : (
            <>
              <span class="leans">{text.trimEnd()}</span>
              <a class="ref" href={`#source-${source + 1}`} aria-label={`Source ${source + 1}`}>
                {source + 1}
              </a>
              {text.slice(text.trimEnd().length)}
            </>
          ),
        )}
      </div>
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
      {passages.length === 0 ? null : (
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
      )}
    </>
  )
}
