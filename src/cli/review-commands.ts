import { type Command, Option } from 'commander'
import type { ReviewOptions } from './review.ts'
import type { ExitStatus, Terminal } from './terminal.ts'

type Module = typeof import('./review.ts') & typeof import('./decisions.ts')
type Run = (review: Module, options: ReviewOptions, ...args: string[]) => Promise<ExitStatus>

/** Registers replies, mails, junk, autonomy, pause, resume and usage. Each is loaded on demand. */
export function addReviewCommands(
  program: Command,
  terminal: Terminal,
  end: (status: ExitStatus) => void,
): void {
  const add = (parent: Command, usage: string, description: string, run: Run) =>
    parent
      .command(usage)
      .description(description)
      .option('-c, --config <file>', 'configuration file')
      .addOption(new Option('--json', 'print JSON'))
      .action(async (...given: unknown[]) => {
        // Commander passes the options and the command itself last.
        const options = given.at(-2) as ReviewOptions
        const args = given.slice(0, -2).filter((arg): arg is string => typeof arg === 'string')
        const review = { ...(await import('./review.ts')), ...(await import('./decisions.ts')) }
        end(await run(review, options, ...args))
      })
  const replies = program.command('replies').description('review replies, through the running daemon')
  add(
    replies,
    'list',
    'replies that wait and those about to be sent: what needs you first, then the most urgent, then the oldest',
    (review, options) => review.list('/replies', options, terminal),
  )
    .option('--search <text>', 'only those with this text')
    .option('--account <address>', 'only of this account')
    .option('--limit <n>', 'at most this many (default: all)')
  add(replies, 'show <id>', 'a reply with its mail, as mails show', (review, options, id = '') =>
    review.show('/replies/{id}', id, options, terminal),
  )
  const edit: Run = (review, options, id = '') => review.edit(id, options, terminal)
  add(replies, 'edit <id>', 'change the text: in your editor (VISUAL or EDITOR), or as given', edit)
    .option('--text <text>', 'the new text')
    .option('--file <file>', 'a file with the new text; - is standard input')
  add(replies, 'approve <id>', 'send it when the undo window ends', (review, options, id = '') =>
    review.approve(id, options, terminal),
  )
  const simple = [
    ['cancel', 'cancel the approval', 'Cancelled: nothing was sent.'],
    ['reject', 'send nothing', 'Rejected: nothing is sent. To undo that: replyd replies reopen {id}'],
    ['reopen', 'undo the rejection', 'It waits for you again.'],
  ] as const
  for (const [action, description, done] of simple) {
    add(replies, `${action} <id>`, description, (review, options, id = '') =>
      review.changeOne(`/replies/{id}/${action}`, id, {}, done, options, terminal),
    )
  }
  const rewritten = 'It is being written again, and waits for you then.'
  const rewrite: Run = (review, options, id = '', instruction = '') =>
    review.changeOne('/replies/{id}/rewrite', id, { instruction }, rewritten, options, terminal)
  add(replies, 'rewrite <id> [instruction]', 'have it rewritten', rewrite)
  addLists(program, terminal, add)
}

function addLists(
  program: Command,
  terminal: Terminal,
  add: (parent: Command, usage: string, description: string, run: Run) => Command,
): void {
  const mails = program.command('mails').description('look at mails, through the running daemon')
  add(mails, 'list', 'newest first', (review, options) => review.list('/mails', options, terminal))
    .option('--search <text>', 'only those with this text')
    .option('--account <address>', 'only of this account')
    .option('--disposition <names>', 'only with one of these outcomes')
    .option('--from <text>', 'only from senders with this text')
    .option('--since <day>', 'only those that arrived on that day or later')
    .option('--until <day>', 'only those that arrived on that day or earlier')
    .option('--cursor <id>', 'continue after this one, the last of the previous list')
    .option('--limit <n>', 'at most this many, or all (default: 50)')
  add(mails, 'show <id>', 'one mail, its reply, and why each step was taken', (review, options, id = '') =>
    review.show('/mails/{id}', id, options, terminal),
  ).alias('explain')
  const junk = program.command('junk').description('mail that was filed as spam')
  add(junk, 'list', 'newest first', (review, options) => review.list('/junk', options, terminal))
    .option('--cursor <id>', 'continue after this one, the last of the previous list')
    .option('--limit <n>', 'at most this many, or all (default: 50)')
  add(junk, 'restore <id>', 'move it out of Junk, and trust the sender', (review, options, id = '') =>
    review.changeOne('/junk/{id}/restore', id, {}, 'Restored. Its sender is trusted now.', options, terminal),
  )
  addOthers(program, terminal, add)
}

function addOthers(
  program: Command,
  terminal: Terminal,
  add: (parent: Command, usage: string, description: string, run: Run) => Command,
): void {
  const autonomy = program
    .command('autonomy')
    .description('what replyd may send automatically, and how that is earned')
  add(autonomy, 'list', 'every category, and how close it is to automatic sending', (review, options) =>
    review.autonomy(options, terminal),
  )
  add(
    autonomy,
    'grant <account> <category>',
    'let replies of a category be sent automatically: says what that means, and asks',
    (review, options, account = '', category = '') =>
      review.grantAutonomy([account, category], options, terminal),
  ).option('-y, --yes', 'do not ask, for scripts')
  add(
    autonomy,
    'revoke <account> <category>',
    'have replies of a category wait for you again',
    (review, options, account = '', category = '') =>
      review.revokeAutonomy([account, category], options, terminal),
  )
  for (const action of ['pause', 'resume'] as const) {
    const what = action === 'pause' ? 'stop all sending' : 'resume sending'
    add(program, `${action} [account]`, `${what}, for one account or all`, (review, options, account) =>
      review.setPaused(action, account, options, terminal),
    )
  }
  add(program, 'usage', 'tokens and cost', (review, options) => review.usage(options, terminal)).addOption(
    new Option('--by <what>', 'one line per group').choices(['day', 'account', 'step']).default('day'),
  )
}
