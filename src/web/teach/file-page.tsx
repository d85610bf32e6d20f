/** One file of the knowledge: its text to edit, and the passages that replyd makes of it. */
import type { FolderText } from '../../review/knowledge-files.ts'
import { Action, Token } from '../layout.tsx'
import { citedWords, knowledgePath } from './knowledge-page.tsx'
import type { ShownPassage } from './knowledge-view.ts'
import { mayTeach, TeachPage, type TeachView, teachPath } from './teach-page.tsx'

interface FileView {
  file: string
  /** Null: it is not edited here. */
  folderText: FolderText | null
  /** Null: it is not in the folder, so it is not removed here. */
  hash: string | null
  passages: readonly ShownPassage[]
  /** A text that could not be saved. */
  typed: string | null
}

export function FilePage({ teach, shown }: { teach: TeachView; shown: FileView }) {
  const { view, account } = teach
  const { file, hash, passages } = shown
  const isEdited = shown.folderText !== null && mayTeach(teach)
  return (
    <TeachPage teach={{ ...teach, accounts: [account] }} title={file} place={knowledgePath}>
      <header class="bar">
        <a href={teachPath(knowledgePath, account)} id="back" class="back">
          ← Knowledge
        </a>
        <h2 class="file" dir="auto">
          {file}
        </h2>
        {hash === null ? null : (
          <Action view={view} to="/teach/knowledge/remove" label="Delete" kind="danger">
            <input type="hidden" name="account" value={account} />
            <input type="hidden" name="file" value={file} />
            <input type="hidden" name="seen" value={hash} />
          </Action>
        )}
      </header>
      <div class={isEdited ? 'pair edited' : undefined}>
        {isEdited && shown.folderText !== null ? (
          <Editor teach={teach} shown={shown} folderText={shown.folderText} />
        ) : mayTeach(teach) ? (
          <p class="meta">
            {hash === null
              ? 'This text is not kept in the knowledge folder, so it can’t be changed here.'
              : 'A document is changed in the program that made it. Delete it here and upload the new one.'}
          </p>
        ) : null}
        <section class="card" aria-labelledby="passages">
          <h2 id="passages">{passages.length === 1 ? '1 passage' : `${passages.length} passages`}</h2>
          <p class="meta">This is what replyd finds and quotes: a few paragraphs each, under a heading.</p>
          {passages.length === 0 ? <p class="nothing">There is no text in it.</p> : null}
          <ol class="found">
            {passages.map(({ heading, text, cited }) => (
              <li>
                <p class="label">
                  <b dir="auto">{heading || 'Without a heading'}</b>
                  <span class="score">{citedWords(cited)}</span>
                </p>
                <p class="passage" dir="auto">
                  {text}
                </p>
              </li>
            ))}
          </ol>
        </section>
      </div>
    </TeachPage>
  )
}

interface EditorProps {
  teach: TeachView
  shown: FileView
  folderText: FolderText
}

function Editor({ teach: { view, account }, shown: { file, typed }, folderText }: EditorProps) {
  return (
    <form method="post" action="/teach/knowledge/save" class="card stack">
      <Token view={view} />
      <input type="hidden" name="account" value={account} />
      <input type="hidden" name="file" value={file} />
      <input type="hidden" name="seen" value={folderText.hash} />
      {typed === null ? null : (
        <p class="fault" role="alert">
          The file has changed in the meantime, and your text is still here. Saving it now replaces what is
          there.
        </p>
      )}
      <label for="file-text">Text</label>
      {/* A browser drops the first line end. */}
      <textarea id="file-text" name="text" class="long" dir="auto" spellcheck={true} data-unsaved>
        {`\n${typed ?? folderText.text}`}
      </textarea>
      <button type="submit" class="primary">
        Save
      </button>
    </form>
  )
}
