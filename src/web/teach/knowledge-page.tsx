/** The knowledge of one account: a question to try, its files, its web pages, and forms that add to it. */

import { pageWords } from '../../knowledge/folder-files.ts'
import type { Passage } from '../../knowledge/knowledge.ts'
import { Token, When } from '../layout.tsx'
import { Pages } from '../pages.tsx'
import { countedDays, type ListedFile, type ListedPage } from './knowledge-view.ts'
import { mayTeach, TeachPage, type TeachView, teachPath } from './teach-page.tsx'

export const knowledgePath = '/teach/knowledge'
export const filePath = '/teach/knowledge/file'

interface KnowledgeView {
  files: readonly ListedFile[]
  /** The number of all files, and of those whose names match. */
  total: number
  /** Part of the names that are shown. */
  named: string
  /** First and next page of the list; null if there is none. */
  first: string | null
  next: string | null
  question: string
  found: readonly Passage[]
  pages: readonly ListedPage[]
  /** There is a folder, and files can be added to it. */
  hasFolder: boolean
}

interface Props {
  teach: TeachView
  knowledge: KnowledgeView
}

export function KnowledgePage({ teach, knowledge }: Props) {
  const { hasFolder, pages, total } = knowledge
  const isEmpty = total === 0 && pages.length === 0
  return (
    <TeachPage teach={teach} title="Knowledge" place={knowledgePath}>
      {hasFolder || !isEmpty ? null : <NoFolder />}
      {isEmpty ? null : <Question teach={teach} knowledge={knowledge} />}
      {total > 0 ? <Files teach={teach} knowledge={knowledge} /> : null}
      {hasFolder && mayTeach(teach) ? <Add teach={teach} isFirst={total === 0} /> : null}
      {pages.length > 0 ? <SitePages teach={teach} pages={pages} /> : null}
    </TeachPage>
  )
}

function NoFolder() {
  return (
    <section class="card block" aria-labelledby="no-folder">
      <h2 id="no-folder">Nothing to look things up in yet</h2>
      <p>
        replyd states only what it finds in your own texts: prices, opening hours, how returns work. Make a
        folder for them, name it in <code>replyd.yaml</code>, and run <code>replyd reload</code>. Then you can
        write and upload texts here.
      </p>
      <pre>knowledge: ./knowledge</pre>
    </section>
  )
}

function Question({ teach: { account, view }, knowledge: { question, found } }: Props) {
  return (
    <section class="card block" aria-labelledby="try">
      <h2 id="try">Ask it something</h2>
      <form method="get" action={knowledgePath} class="ask">
        <input type="hidden" name="account" value={account} />
        <label class="hidden" for="search">
          A question as a customer would ask it
        </label>
        <input
          id="search"
          type="search"
          name="q"
          dir="auto"
          value={question}
          placeholder="A question as a customer would ask it"
        />
        <button type="submit">Find passages</button>
      </form>
      {question === '' ? (
        <p class="meta">Shows which passages replyd would find for it. Costs nothing.</p>
      ) : found.length === 0 ? (
        <p class="nothing">Nothing was found for this. A reply could not state anything about it.</p>
      ) : (
        <Found account={account} found={found} timeZone={view.timeZone} />
      )}
    </section>
  )
}

function Found({
  account,
  found,
  timeZone,
}: {
  account: string
  found: readonly Passage[]
  timeZone: string
}) {
  const best = Math.max(...found.map(({ score }) => score))
  return (
    <ol class="found" aria-label="Passages found, best first">
      {found.map((passage) => (
        <li>
          <p class="label">
            <Match share={passage.score / best} />
            <a href={teachPath(filePath, account, { file: passage.file })} dir="auto">
              {passage.file}
            </a>
            {passage.heading === '' ? null : <span dir="auto">{passage.heading}</span>}
            <span class="score">{passage.score.toFixed(1)}</span>
          </p>
          <p class="passage" dir="auto">
            {passage.text}
          </p>
          {passage.page ? <p class="meta">{pageWords(passage.page, timeZone)}</p> : null}
        </li>
      ))}
    </ol>
  )
}

/** How well it matches, relative to the best match. */
function Match({ share }: { share: number }) {
  return (
    <svg class="match" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6" />
      <rect class="one" width={Math.max(2, share * 100)} height="6" />
    </svg>
  )
}

function Files({ teach, knowledge: { files, total, named, first, next } }: Props) {
  const { account } = teach
  return (
    <section class="card block" aria-labelledby="files">
      <header class="bar">
        <h2 id="files">{total === 1 ? '1 file' : `${total} files`}</h2>
        {total > 10 || named !== '' ? (
          <form method="get" action={knowledgePath} class="search">
            <input type="hidden" name="account" value={account} />
            <label class="hidden" for="named">
              Part of a file's name
            </label>
            <input id="named" type="search" name="named" value={named} placeholder="Part of a name" />
          </form>
        ) : null}
      </header>
      {files.length === 0 ? (
        <p class="nothing">No file has that in its name.</p>
      ) : (
        <ul class="shelf">
          {files.map((file) => (
            <File teach={teach} file={file} />
          ))}
        </ul>
      )}
      <Pages first={first} next={next} words={['← First', 'More →']} />
    </section>
  )
}

function File({ teach: { view, account }, file: each }: { teach: TeachView; file: ListedFile }) {
  const { file, passages, fault, cited, changedAt } = each
  return (
    <li>
      <a class="name" href={teachPath(filePath, account, { file })} dir="auto">
        {file}
      </a>
      {fault === null ? (
        <span class="meta">{passages === 1 ? '1 passage' : `${passages} passages`}</span>
      ) : (
        <span class="warned">{`Left out: ${fault}`}</span>
      )}
      <span class="meta" title={`Replies of the last ${countedDays} days that name it as their source`}>
        {citedWords(cited)}
      </span>
      {changedAt === null ? (
        <span class="meta">from your web site</span>
      ) : (
        <When at={changedAt} view={view} />
      )}
    </li>
  )
}

export function citedWords(cited: number): string {
  if (cited === 0) return 'not used lately'
  return cited === 1 ? 'used in 1 reply' : `used in ${cited} replies`
}

function Add({ teach: { view, account }, isFirst }: { teach: TeachView; isFirst: boolean }) {
  return (
    <div class="pair">
      <section class="card" aria-labelledby="write">
        <h2 id="write">{isFirst ? 'Write the first text' : 'Write a text'}</h2>
        <form method="post" action="/teach/knowledge/add" class="stack">
          <Token view={view} />
          <input type="hidden" name="account" value={account} />
          <label>
            Name
            <input name="name" required maxlength={100} placeholder="shipping" autocomplete="off" />
          </label>
          <label>
            Text
            <textarea
              name="text"
              required
              rows={6}
              dir="auto"
              placeholder={'# Shipping\n\nA parcel to Norway costs 12 euros and takes four days.'}
            />
          </label>
          <button type="submit">Add it</button>
        </form>
      </section>
      <section class="card" aria-labelledby="upload">
        <h2 id="upload">Upload a file</h2>
        <p class="meta">
          Text, Markdown, PDF, Word, HTML, CSV or a mail; up to 10 MB. replyd reads its text and runs nothing
          in it.
        </p>
        <form method="post" action="/teach/knowledge/upload" enctype="multipart/form-data" class="stack">
          <Token view={view} />
          <input type="hidden" name="account" value={account} />
          <label>
            File
            <input
              type="file"
              name="file"
              required
              accept=".md,.markdown,.txt,.text,.pdf,.docx,.html,.htm,.csv,.tsv,.eml"
            />
          </label>
          <button type="submit">Upload it</button>
        </form>
      </section>
    </div>
  )
}

function SitePages({ teach: { view, account }, pages }: { teach: TeachView; pages: readonly ListedPage[] }) {
  return (
    <section class="card block" aria-labelledby="site">
      <h2 id="site">{pages.length === 1 ? '1 web page' : `${pages.length} web pages`}</h2>
      <p class="meta">Read from your web site automatically, so they are changed there.</p>
      <ul class="shelf">
        {pages.map(({ url, file, passages, readAt, isStale }) => (
          <li>
            <a class="name" href={teachPath(filePath, account, { file })}>
              {url}
            </a>
            <span class="meta">{passages === 1 ? '1 passage' : `${passages} passages`}</span>
            <span class={isStale ? 'warned' : 'meta'}>
              {readAt === null ? 'Without text' : isStale ? 'Too old: not used' : 'In use'}
            </span>
            {readAt === null ? <span /> : <When at={readAt} view={view} />}
          </li>
        ))}
      </ul>
    </section>
  )
}
