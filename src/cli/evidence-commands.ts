/** Commands for measuring before you trust replyd: they open no store and change nothing. */
import { type Command, Option } from 'commander'
import type { ExitStatus, Terminal } from './terminal.ts'

const configOption = () =>
  new Option('-c, --config <file>', 'configuration file (default: replyd.yaml, else the environment)')
const limitOption = () => new Option('--limit <number>', 'use at most this many mails')
const dollarsOption = () =>
  new Option('--max-dollars <sum>', 'spend at most this much, US dollars (default: budget.perDay)')
const accountOption = () =>
  new Option('-a, --account <address>', 'account whose settings are used (default: the first)')
const jsonOption = () => new Option('--json', 'print one JSON object')

export function addEvidenceCommands(
  program: Command,
  terminal: Terminal,
  end: (status: ExitStatus) => void,
): void {
  addLookups(program, terminal, end)
  addKnowledge(program, terminal, end)
  program
    .command('eval')
    .description(
      'judge labelled mail as the daemon would and print how often it was right, how fast, and what it cost',
    )
    .argument(
      '[cases]',
      'JSON Lines: file and expect {spam, reply, sentiment} on each; or a folder with mails, replies and knowledge',
    )
    .addOption(configOption())
    .addOption(accountOption())
    .addOption(limitOption())
    .addOption(dollarsOption())
    .addOption(
      new Option('--mode <mode>', 'for a folder: outcomes in this mode only').choices(['draft', 'send']),
    )
    .option('--answers <folder>', 'for a folder: recorded answers instead of the model')
    .option('--record <folder>', 'for a folder: write each request that has no recorded answer there')
    .option('--bayes', 'the local spam filter alone: no model, no configuration')
    .option('--train <file>', 'with --bayes: labels to train on, instead of one half')
    .option('--test <file>', 'with --bayes: labels to test on')
    .addOption(jsonOption())
    .action(async (cases, options) =>
      end(await (await import('./eval.ts')).evaluate(cases, options, terminal)),
    )
  program
    .command('backtest')
    .description(
      'write replies to the mails you have answered as the daemon would, and compare with what you sent; read-only',
    )
    .addOption(configOption())
    .addOption(accountOption())
    .option('--since <duration>', 'answers from this period', '30d')
    .option('--prompts <folder>', 'other prompt files: run both, and show what they would change')
    .addOption(limitOption().default('50'))
    .addOption(dollarsOption())
    .addOption(jsonOption())
    .action(async (options) => end(await (await import('./backtest.ts')).backtest(options, terminal)))
}

function addLookups(program: Command, terminal: Terminal, end: (status: ExitStatus) => void): void {
  program
    .command('lookups')
    .description('show what your lookups find in a text, and what a reply to its author might say')
    .command('try')
    .description('look up one text now, as for a mail from a proven author; nothing is stored or sent')
    .argument('<name>', 'name of the lookup')
    .argument('<text>', 'what the mail says')
    .option(
      '--as <address>',
      'author of the mail, taken as proven; without it, as for a mail that proves nothing',
    )
    .addOption(configOption())
    .addOption(accountOption())
    .addOption(jsonOption())
    .action(async (name, text, options) =>
      end(await (await import('./lookups.ts')).tryLookup(name, text, options, terminal)),
    )
}

function addKnowledge(program: Command, terminal: Terminal, end: (status: ExitStatus) => void): void {
  const knowledge = program.command('knowledge').description('what replies may be based on')
  knowledge
    .command('list')
    .description('name each file of the knowledge folder, its passages, and why one is left out')
    .addOption(configOption())
    .addOption(accountOption())
    .addOption(jsonOption())
    .action(async (options) => end(await (await import('./knowledge.ts')).listKnowledge(options, terminal)))
  knowledge
    .command('test')
    .description('show the passages that a question finds, the best first, with their scores')
    .argument('<question>', 'a question or search phrase, best in the language of the folder')
    .addOption(configOption())
    .addOption(accountOption())
    .addOption(limitOption().default('5'))
    .addOption(jsonOption())
    .action(async (question, options) =>
      end(await (await import('./knowledge.ts')).testKnowledge(question, options, terminal)),
    )
  knowledge
    .command('refresh')
    .description('read the web pages of knowledge.urls now')
    .addOption(configOption())
    .addOption(accountOption())
    .addOption(jsonOption())
    .action(async (options) =>
      end(await (await import('./knowledge.ts')).refreshKnowledge(options, terminal)),
    )
}
