import { type Command, Option } from 'commander'
import type { ExitStatus, Terminal } from './terminal.ts'

/** Registers `replyd teach` and `replyd learn`. */
export function addLearnCommands(
  program: Command,
  terminal: Terminal,
  end: (status: ExitStatus) => void,
): void {
  program
    .command('teach')
    .description(
      'what replies were missing; with a question and --fact, teach it, through the running daemon',
    )
    .argument('[question]', 'what was missing; becomes the heading')
    .option('-c, --config <file>', 'configuration file (default: replyd.yaml, else the environment)')
    .option('-a, --account <address>', 'only this account; facts that you teach become part of its knowledge')
    .option('--fact <text>', 'the fact, in the words that a reply may use')
    .option('--gap <id>', 'the gap that it fills, from the list')
    .option('--confirm', 'teach it although something in it looks personal')
    .option('--taught', 'list what was taught')
    .option('--undo <id>', 'take a taught fact back')
    .option('--offers', 'list what you added to drafts that the knowledge does not say')
    .option('--accept <id>', 'teach an offer; a question and --fact replace its words')
    .option('--decline <id>', 'do not offer it again')
    .option('--days <n>', 'how far back (default: 28)')
    .addOption(new Option('--json', 'print JSON'))
    .action(async (question, options) =>
      end(await (await import('./teach.ts')).teach(question, options, terminal)),
    )
  addLearn(program, terminal, end)
}

function addLearn(program: Command, terminal: Terminal, end: (status: ExitStatus) => void): void {
  const configOption = () =>
    new Option('-c, --config <file>', 'configuration file (default: replyd.yaml, else the environment)')
  const jsonOption = () => new Option('--json', 'print JSON')
  const learn = program
    .command('learn')
    .description('propose questions and answers from the mail that you sent; read-only, without a model')
    .addOption(configOption())
    .option('-a, --account <address>', 'account whose mail is read (default: the first)')
    .option('--since <duration>', 'mail sent in this period, such as 90d or 1y', '1y')
    .option('--limit <number>', 'read at most this many answers', '1000')
    .addOption(jsonOption())
    .action(async (options) => end(await (await import('./learn.ts')).learn(options, terminal)))
  const add = (usage: string, description: string) =>
    learn.command(usage).description(description).addOption(configOption()).addOption(jsonOption())
  add('list', 'proposals that wait for you').action(async (_options, command) =>
    end(await (await import('./learn.ts')).list(command.optsWithGlobals(), terminal)),
  )
  add('accept <id>', 'write the first answer of a proposal into the knowledge folder')
    .option('--confirm', 'teach it although something in it looks personal')
    .action(async (id, _options, command) =>
      end(await (await import('./learn.ts')).accept(id, command.optsWithGlobals(), terminal)),
    )
  add('reject <id>', 'do not propose it again').action(async (id, _options, command) =>
    end(await (await import('./learn.ts')).reject(id, command.optsWithGlobals(), terminal)),
  )
}
